/** The whole of it where one secret at the start is enough. `fetch` opens no socket. */

const { SEGURA_AGENT_ADDRESS = 'http://localhost:8787', SEGURA_AGENT_TOKEN } = process.env;

const response = await fetch(`${SEGURA_AGENT_ADDRESS}/secret/${process.argv[2]}`, {
  headers: { authorization: `Bearer ${SEGURA_AGENT_TOKEN}` },
  redirect: 'error',
});
const answer = await response.json();
if (!response.ok) {
  console.error(`${answer.code}: ${answer.detail}\n  ${answer.mend}`);
  process.exit(1);
}
console.log(`a secret of ${answer.username}, until ${answer.expires_at}`);
