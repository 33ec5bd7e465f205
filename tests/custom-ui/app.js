// The smallest sign-in UI of one's own: a password sign-in and a consent page, through the same API as the hosted pages.

const query = new URLSearchParams(location.search);
const problem = document.getElementById('problem');
const title = document.getElementById('title');

/** JSON in, JSON out. A refusal is `{ code, message }`; cookies say which sign-in this is, `Logto-App-Id` which of several. */
async function call(method, path, body) {
  const appId = query.get('app_id');
  const response = await fetch(path, {
    method,
    headers: {
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...(appId && { 'Logto-App-Id': appId }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  if (!response.ok) throw answer;
  return answer;
}

const WORDS = {
  'session.invalid_credentials': 'The username or the password is not right.',
  'user.suspended': 'This account is suspended.',
  'session.not_found': 'This sign-in is over. Go back to the app and start again.',
};

function show(heading, form) {
  title.textContent = heading;
  document.title = heading;
  form.hidden = false;
  form.querySelector('input, button').focus();
}

/** Runs what a form does, with its button disabled; a refusal is said in words and kept for screen readers. */
function onSubmit(form, run) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    problem.hidden = true;
    try {
      const { redirectTo } = await run(new FormData(form));
      location.replace(redirectTo);
    } catch (refusal) {
      problem.textContent = WORDS[refusal.code] ?? refusal.message ?? 'The provider did not answer. Try again.';
      problem.hidden = false;
      button.disabled = false;
      form.querySelector('input, button').focus();
    }
  });
}

/** The kinds of identifier are told apart by their looks; a UI for one kind only needs no such thing. */
function identifierOf(value) {
  if (value.includes('@')) return { type: 'email', value };
  if (/^\+?[\d ()-]{6,}$/.test(value)) return { type: 'phone', value: value.replace(/\D/g, '') };
  return { type: 'username', value };
}

async function signIn(form) {
  await call('PUT', '/api/experience', { interactionEvent: 'SignIn' });
  const { verificationId } = await call('POST', '/api/experience/verification/password', {
    identifier: identifierOf(form.get('identifier').trim()),
    password: form.get('password'),
  });
  await call('POST', '/api/experience/identification', { verificationId });
  return call('POST', '/api/experience/submit');
}

async function startSignIn() {
  const form = document.getElementById('sign-in');
  onSubmit(form, signIn);
  const settings = await call('GET', '/api/.well-known/sign-in-exp');
  document.documentElement.style.setProperty('--brand', settings.color.primaryColor);
  show('Sign in, my way', form);
  const hint = query.get('login_hint');
  if (hint) form.elements.identifier.value = hint;
}

async function startConsent() {
  const form = document.getElementById('consent');
  onSubmit(form, () => call('POST', '/api/interaction/consent', {}));
  const {
    application,
    missingOIDCScope = [],
    missingResourceScopes = [],
  } = await call('GET', '/api/interaction/consent');
  const names = [...missingOIDCScope, ...missingResourceScopes.flatMap(({ scopes }) => scopes.map(({ name }) => name))];
  document
    .getElementById('scopes')
    .replaceChildren(...names.map((name) => Object.assign(document.createElement('li'), { textContent: name })));
  show(`${application.displayName ?? application.name} asks for access`, form);
}

try {
  await (location.pathname === '/consent' ? startConsent() : startSignIn());
} catch (refusal) {
  title.textContent = 'This did not work';
  problem.textContent = WORDS[refusal.code] ?? refusal.message ?? 'The provider did not answer. Reload the page.';
  problem.hidden = false;
}
