import { afterAll, describe, expect, test } from 'bun:test';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type LogFields, type LoggerOptions } from './log.ts';
import { fileSink } from './log-sink.ts';

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line), flush: async () => {}, flushSync: () => {} };
  return { lines, log: createLogger({ level: 'debug', pretty: false, sink, now: () => 0, ...options }) };
}

describe('lines', () => {
  test('are JSON with time, level, event and the known fields', () => {
    const { lines, log } = capture();
    log.info('request', { request_id: 'req_1', status: 200, stream: true, model: undefined });
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"request","request_id":"req_1","status":200,"stream":true}\n',
    ]);
  });

  test('drop every field that is not known, and everything that is not plain', () => {
    const { lines, log } = capture();
    const careless = {
      prompt: 'hush',
      headers: { authorization: 'hush' },
      model: { text: 'hush' },
    } as unknown as LogFields;
    log.error('request', careless);
    log.error('request', Object.assign(Object.create({ toJSON: () => 'hush' }), { request_id: 'req_1' }));
    expect(lines.join('')).not.toContain('hush');
    expect(lines[1]).toContain('"request_id":"req_1"');
  });

  test('cut long strings and escape control characters', () => {
    const { lines, log } = capture();
    log.info('request', { model: `a\n${'x'.repeat(5_000)}` });
    expect(lines[0]!.length).toBeLessThan(500);
    expect(lines[0]!.trimEnd()).not.toContain('\n');
  });

  test('below the level are not written', () => {
    const { lines, log } = capture({ level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines).toHaveLength(2);
  });

  test('for people quote what could steer a terminal', () => {
    const { lines, log } = capture({ pretty: true });
    log.warn('request', { model: '\x1b[2Jevil', status: 200 });
    expect(lines[0]).toContain('"\\u001b[2Jevil"');
    expect(lines[0]).toContain('200');
  });
});

describe('errors', () => {
  test('are class, code and our own source positions, without message and machine paths', () => {
    const { lines, log } = capture();
    const error = Object.assign(new TypeError('hush\n    at fake (/etc/hush.ts:1:1)'), { code: 'E_ODD' });
    log.error('failed', { error });
    const line = JSON.parse(lines[0]!);
    expect(line).toMatchObject({ error: 'TypeError', error_code: 'E_ODD' });
    expect(line.at).toStartWith('src/observability/log.test.ts:');
    expect(lines[0]).not.toContain('hush');
    expect(lines[0]).not.toContain(process.cwd());
  });

  test('name their cause, and survive being no error at all', () => {
    const { lines, log } = capture();
    log.error('failed', { error: new Error('x', { cause: Object.assign(new Error('y'), { code: 'ECONNRESET' }) }) });
    log.error('failed', { error: 'hush' });
    expect(JSON.parse(lines[0]!).cause).toBe('Error ECONNRESET');
    expect(JSON.parse(lines[1]!).error).toBe('string');
  });
});

describe('the sink', () => {
  let folder: string | undefined;
  afterAll(async () => folder && rm(folder, { recursive: true }));

  async function target() {
    folder ??= await mkdtemp(join(tmpdir(), 'bytespike-log-'));
    const path = join(folder, crypto.randomUUID());
    const fd = openSync(path, 'w');
    return { sink: fileSink(fd), fd, text: () => readFile(path, 'utf8') };
  }

  test('keeps the order over many batches and awaits them all', async () => {
    const { sink, fd, text } = await target();
    for (let i = 0; i < 20_000; i++) {
      sink.write(`${i} ${'.'.repeat(20)}\n`);
      if (i % 5_000 === 0) await Bun.sleep(0);
    }
    await sink.flush();
    closeSync(fd);
    const lines = (await text()).trimEnd().split('\n');
    expect(lines).toHaveLength(20_000);
    expect(lines.every((line, index) => line.startsWith(`${index} `))).toBe(true);
  });

  test('drops beyond its bound and says how many', async () => {
    const { sink, fd, text } = await target();
    const line = `${'x'.repeat(1023)}\n`;
    for (let i = 0; i < 6_000; i++) sink.write(line);
    await sink.flush();
    await sink.flush();
    closeSync(fd);
    expect(await text()).toMatch(/"event":"log.dropped","count":\d{3,}/);
  });

  test('does not wait for a reader that stalls', async () => {
    await target();
    const path = join(folder!, 'pipe');
    Bun.spawnSync(['mkfifo', path]);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const sink = fileSink(fd, 20);
    // More than a pipe holds.
    for (let i = 0; i < 2_000; i++) sink.write(`${'x'.repeat(1023)}\n`);
    await sink.flush();
    // Its reader is back: what is left leaves.
    const reader = Bun.spawn(['head', '-c', String(2_000 * 1024), path], { stdout: 'ignore' });
    expect(await reader.exited).toBe(0);
    closeSync(fd);
  });

  test('keeps no process alive once it is written', async () => {
    const script = `
      import { fileSink } from ${JSON.stringify(join(import.meta.dir, 'log-sink.ts'))};
      const sink = fileSink(2, 3_600_000);
      sink.write('last words');
      await sink.flush();
    `;
    const child = Bun.spawn([process.execPath, '-e', script], { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      expect(await new Response(child.stderr).text()).toBe('last words');
    } finally {
      child.kill();
    }
  });

  test('can be emptied without the event loop', async () => {
    const { sink, fd, text } = await target();
    sink.write('last words\n');
    sink.flushSync();
    closeSync(fd);
    expect(await text()).toBe('last words\n');
  });
});
