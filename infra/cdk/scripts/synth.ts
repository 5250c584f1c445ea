/** Writes the template of one variant, made with stand-ins for the functions: `synth.ts <local: true|false> <folder>`. */
import { synthesize } from '../test/synthesized.ts';

const [local, outdir] = process.argv.slice(2);
if ((local !== 'true' && local !== 'false') || outdir === undefined) {
  throw new Error('usage: synth.ts <local: true|false> <folder>');
}
const { findings } = synthesize(local === 'true', outdir);
if (findings.length > 0) {
  throw new Error(`cdk-nag: ${findings.join('\n')}`);
}
