import { expect, test } from 'bun:test';
import { Notes } from './wire.ts';

test('names of the client’s own are listed for the client, and only counted in logs', () => {
  const notes = new Notes();
  notes.changed.add('top_k');
  notes.addClientName('My patient Bob');
  notes.addClientName('beta-1');
  notes.addClientName('beta-1');
  notes.changed.add('thinking');
  expect([...notes.changed]).toEqual(['top_k', 'My patient Bob', 'beta-1', 'thinking']);
  expect(notes.loggable()).toEqual(['top_k', 'thinking', '+2']);
});
