/** Where users keep their key, as all examples have it; no setting of the gateway's. */
export const KEY_VARIABLE = 'BYTESPIKE_API_KEY';
