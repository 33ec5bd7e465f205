// What the window costs, measured by the window itself: how soon it is there, and how smoothly it goes under a load of
// sign-ins. Prints and asserts nothing: numbers of a busy machine are for people to judge.
//
//   node benches/window.mjs [--rate SIGN-INS-PER-SECOND] [--seconds N] [--starts N]
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { Agent, b64url, challengeOf, verifierOf } from '../tests/clients/agent.mjs';
import { makeHome } from '../tests/clients/window.mjs';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '60' },
    starts: { type: 'string', default: '5' },
  },
});
const [rate, seconds] = [values.rate, values.seconds].map(Number);
// One to make the demo data, and one to measure.
const starts = Math.max(2, Number(values.starts));

const REDIRECT = 'http://localhost:5173/callback';
const PEOPLE = ['alicearcher1', 'bobbanner001'];
/** Clock ticks a second in /proc. */
const HZ = 100;

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const stops = [];
const until = { after: (stop) => stops.push(stop) };
const print = (name, value, unit, target) => {
  const verdict = target === undefined ? '' : value <= target ? `target ${target}  ok` : `target ${target}  OVER`;
  console.log(`  ${name.padEnd(44)} ${String(Math.round(value)).padStart(7)} ${unit.padEnd(3)}  ${verdict}`);
};

// --- processes --------------------------------------------------------------------------------------------------------

const read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
};
/** Parent and start, in ticks since the computer's, of a process. */
const stat = (pid) => {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return { parent: Number(fields[1]), started: Number(fields[19]) };
};
const pids = () => fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
/** The program whose window keeps its data there, and its web process. */
function processes(data) {
  const all = pids();
  const program = all.find((pid) => read(`/proc/${pid}/cmdline`).split('\0').includes(data));
  const page = all.find(
    (pid) => read(`/proc/${pid}/comm`).startsWith('WebKitWebProc') && String(stat(pid).parent) === program,
  );
  if (!program || !page) throw new Error('The program or its web process was not found.');
  return { program, page };
}
/** When a process began, in milliseconds of the wall clock. */
const startOf = (pid) => {
  const up = Number(read('/proc/uptime').split(' ')[0]);
  return Date.now() - (up - stat(pid).started / HZ) * 1000;
};
/** Memory of a process in MB, what it shares counted in parts. */
const memory = (pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? Number.NaN) / 1024;

// --- a sign-in --------------------------------------------------------------------------------------------------------

async function signIn(endpoint, number) {
  const agent = new Agent({ endpoint });
  const call = async (status, address, init) => {
    const response = await agent.fetch(address, init);
    const body = await response.text();
    if (response.status !== status) throw new Error(`${address} answered ${response.status}: ${body}`);
    return { location: response.headers.get('location'), json: () => JSON.parse(body) };
  };
  const json = (method, body) => ({
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  const verifier = verifierOf();
  const query = new URLSearchParams({
    client_id: 'admin-spa',
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'openid profile email',
    state: b64url(String(number)),
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
  });
  await call(303, `/oidc/auth?${query}`);
  await call(204, '/api/experience', json('PUT', { interactionEvent: 'SignIn' }));
  const userId = PEOPLE[number % PEOPLE.length];
  const chosen = await call(200, '/api/experience/verification/development-sign-in', json('POST', { userId }));
  const { verificationId } = chosen.json();
  await call(204, '/api/experience/identification', json('POST', { verificationId }));
  const submitted = await call(200, '/api/experience/submit', json('POST', {}));
  const consent = await call(303, submitted.json().redirectTo);
  const resume = await call(302, consent.location);
  const back = await call(303, resume.location);
  const code = new URL(back.location).searchParams.get('code');
  await call(200, '/oidc/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'admin-spa',
      code,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    }),
  });
}

/** Begins sign-ins at a steady rate; `passed` is told how many were begun, once a second. */
async function load(endpoint, count, passed) {
  const running = new Set();
  let [done, failure] = [0, null];
  const began = performance.now();
  for (let number = 0; number < count; number++) {
    const rest = began + (number * 1000) / rate - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    if (failure) throw failure;
    // The provider does not keep up: the rate sinks instead of requests piling up.
    while (running.size >= 64) await Promise.race(running);
    const one = signIn(endpoint, number)
      .then(
        () => done++,
        (error) => (failure ??= error),
      )
      .finally(() => running.delete(one));
    running.add(one);
    if (number % rate === 0) passed(number);
  }
  await Promise.all(running);
  if (failure) throw failure;
  return (done * 1000) / (performance.now() - began);
}

// --- the report -------------------------------------------------------------------------------------------------------

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Opens a window; how long after the program's start it painted and was ready, in milliseconds. */
async function start(home, data) {
  const window = await home.openWindow('--data-dir', data);
  await window.when(`performance.getEntriesByName('vestibule-ready').length > 0`, 'the window was not ready');
  const { origin, paint, ready } = await window.run(`return {
    origin: performance.timeOrigin,
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    ready: performance.getEntriesByName('vestibule-ready')[0].startTime,
  }`);
  const { program, page } = processes(data);
  const began = startOf(program);
  return {
    window,
    program,
    page,
    paint: paint === null ? Number.NaN : origin + paint - began,
    ready: origin + ready - began,
  };
}

try {
  const home = await makeHome(until);
  const data = `${home.folder}/elsewhere`;
  console.log(`The window, ${starts} starts (the first makes the demo data)`);
  const times = [];
  let opened;
  for (let number = 0; number < starts; number++) {
    await opened?.window.close();
    opened = await start(home, data);
    times.push(opened);
  }
  const { window, program, page } = opened;
  print('first start: first paint', times[0].paint, 'ms');
  print('first start: ready', times[0].ready, 'ms');
  print('later starts: first paint, median', median(times.slice(1).map((one) => one.paint)), 'ms', 500);
  print('later starts: ready, median', median(times.slice(1).map((one) => one.ready)), 'ms', 1000);

  console.log(`\nThe window on Sessions, ${rate} sign-ins a second for ${seconds} s`);
  await window.go('sessions');
  await window.run(`
    const frames = window.frames_ = { longest: 0, slow: 0, late: 0, count: 0, worst: [] };
    let last = performance.now();
    const frame = (now) => {
      const took = now - last;
      last = now;
      frames.count++;
      frames.longest = Math.max(frames.longest, took);
      if (took > 50) frames.late++;
      if (took > 100) frames.slow++;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame); });`);
  const kept = [{ at: 0, page: memory(page), program: memory(program) }];
  const reached = await load(window.endpoint, rate * seconds, (at) =>
    kept.push({ at, page: memory(page), program: memory(program) }),
  );
  kept.push({ at: rate * seconds, page: memory(page), program: memory(program) });
  const frames = await window.run('return window.frames_');
  const begun = (count) => kept.find(({ at }) => at >= count) ?? kept.at(-1);
  print('sign-ins a second, reached', reached, '');
  print('longest frame', frames.longest, 'ms', 100);
  print('frames over 100 ms', frames.slow, '', 0);
  print(`frames over 50 ms, of ${frames.count}`, frames.late, '');
  print('page: memory before', kept[0].page, 'MB');
  for (const count of [1000, 2000, 2500])
    if (rate * seconds > count) print(`page: memory at ${count} sessions`, begun(count).page, 'MB');
  print(`page: memory at ${rate * seconds} sessions`, kept.at(-1).page, 'MB');
  print('program: memory before', kept[0].program, 'MB');
  print(`program: memory at ${rate * seconds} sessions`, kept.at(-1).program, 'MB');
  print(
    'sessions in the list at the end',
    await window.run(`return document.querySelectorAll('#session-list li').length`),
    '',
  );
} finally {
  for (const stop of stops.reverse()) await stop();
}
