import { CLIENT_PATHS, type Contender, clientProtocol } from './contender.ts';

/** Nothing between: the mock's own ceiling, and the delay that every other figure contains. */
export const direct: Contender = {
  name: 'direct',
  version: '',
  does: 'load and mock alone',
  start: async ({ mockPort }) => ({
    entrance: (road) =>
      road.includes('-to-')
        ? undefined
        : {
            target: { port: mockPort, path: CLIENT_PATHS[clientProtocol(road)], headers: {}, pid: undefined },
            model: 'deepseek-v4-pro',
          },
    stop: async () => {},
  }),
};
