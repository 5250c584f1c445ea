/**
 * Writes the template of one variant, made with stand-ins for the functions: `synth.ts <local: true|false> <folder> [<name>=<value>...]`,
 * the last as of `cdk -c`.
 */
import { synthesize } from '../test/synthesized.ts';

const [local, outdir, ...settings] = process.argv.slice(2);
if ((local !== 'true' && local !== 'false') || outdir === undefined) {
  throw new Error('usage: synth.ts <local: true|false> <folder> [<name>=<value>...]');
}
const { findings } = synthesize(local === 'true', outdir, Object.fromEntries(settings.map((one) => one.split('='))));
if (findings.length > 0) {
  throw new Error(`cdk-nag: ${findings.join('\n')}`);
}
