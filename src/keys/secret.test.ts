import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { generateAdminToken, generateKeySecret, hashSecret, hasValidChecksum, mask } from './secret.ts';

describe('generated secrets', () => {
  test('have the documented form and a valid checksum', () => {
    for (let i = 0; i < 200; i++) {
      expect(generateKeySecret()).toMatch(/^sk-byts-[0-9A-Za-z]{36}$/);
      expect(generateAdminToken()).toMatch(/^bytespike-admin-[0-9A-Za-z]{36}$/);
      expect(hasValidChecksum(generateKeySecret())).toBe(true);
      expect(hasValidChecksum(generateAdminToken())).toBe(true);
    }
  });

  test('differ, and use the whole alphabet evenly', () => {
    const secrets = Array.from({ length: 2_000 }, generateKeySecret);
    expect(new Set(secrets).size).toBe(secrets.length);
    const counts = new Map<string, number>();
    for (const secret of secrets) for (const char of secret.slice(8, 38)) counts.set(char, (counts.get(char) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 60,000 characters: about 968 of each, standard deviation 31.
    for (const count of counts.values()) expect(Math.abs(count - 60_000 / 62)).toBeLessThan(31 * 7);
  });

  test('the checksum finds every single changed character', () => {
    const secret = generateKeySecret();
    fc.assert(
      fc.property(fc.integer({ min: 8, max: secret.length - 1 }), fc.constantFrom(...'09AZaz'), (at, char) => {
        const changed = secret.slice(0, at) + char + secret.slice(at + 1);
        expect(hasValidChecksum(changed)).toBe(changed === secret);
      }),
    );
  });

  test('the checksum refuses other forms', () => {
    for (const text of ['', 'sk-byts-', 'sk-byts-short', `${generateKeySecret()}0`, generateKeySecret().slice(8)]) {
      expect(hasValidChecksum(text)).toBe(false);
    }
  });
});

test('the hash is SHA-256 in hex', () => {
  expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('the mask shows the kind and the last four characters, and nothing of a short secret', () => {
  expect(mask('sk-byts-AbCdEf0123456789abcd1234')).toBe('sk-byts-...****1234');
  expect(mask('bytespike-admin-AbCdEf0123456789abcd9876')).toBe('bytespike-admin-...****9876');
  expect(mask('an-operators-own-secret-of-any-form-77aa')).toBe('...****77aa');
  expect(mask('sk-byts-tiny')).toBe('sk-byts-...****');
});
