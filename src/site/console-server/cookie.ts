import { LONGEST_MS } from './sessions.ts';

/**
 * The cookie that holds a session's id. Browsers share cookies between the ports of a host, so its name has the port of
 * the address: two gateways on one machine do not log each other out.
 */
interface SessionCookie {
  read(headers: Headers): string | undefined;
  /** Value of `set-cookie`. */
  write(id: string): string;
  clear(): string;
}

/** No script can read it, no other site can send it, and it goes to the console's paths only. */
export function sessionCookie(publicUrl: string): SessionCookie {
  const { port, protocol } = new URL(publicUrl);
  const name = `bytespike_session${port === '' ? '' : `_${port}`}`;
  const secure = protocol === 'https:' ? '; Secure' : '';
  const attributes = `Path=/console; HttpOnly; SameSite=Strict${secure}`;
  return {
    read(headers) {
      const found = (headers.get('cookie') ?? '')
        .split(';')
        .map((pair) => pair.trim())
        .find((pair) => pair.startsWith(`${name}=`));
      return found?.slice(name.length + 1) || undefined;
    },
    write: (id) => `${name}=${id}; ${attributes}; Max-Age=${LONGEST_MS / 1000}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
  };
}
