/*
 * CloudFront Function, of answers to public reads: a cached answer names the trace of the request that it was made for. Who has sent a
 * `traceparent` gets an answer in the own trace.
 */
function handler(event) {
  var response = event.response;
  var sent = event.request.headers['traceparent'];
  var answered = response.headers['traceparent'];
  var valid = /^(00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$))/;
  if (sent && answered && valid.test(sent.value)) {
    var parts = answered.value.split('-');
    parts[1] = sent.value.split('-')[1];
    response.headers['traceparent'] = { value: parts.join('-') };
  }
  return response;
}
