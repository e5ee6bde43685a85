// The console calls this service with the sandboxes' token.
const reference = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  onComplete: async () => {
    const { token } = await (await fetch('/sandbox/state')).json();
    reference.preauthorizeApiKey('bearer', token);
  },
});
