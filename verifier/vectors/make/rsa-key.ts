import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  privateEncrypt,
  sign,
  type KeyObject,
} from 'node:crypto';
import type { RsaJwk } from '../../src/jwk.ts';

// Two RSA keys, written down because they cannot be derived from labels. Like all keys here, nothing else may ever trust them.

const n =
  'mrIvOcaVIY8n2xKEbeODXdKMdmMq5bwFf9vnEoZin-SSsrHA8TBC9HnwUeUcC5oIl7xkWce34znLdIMWWj5bw5m23V_op_2aSIdUZrW_sGmjT7zHu8Ut4cvpvSoDRxSGCACSvnHjnA_G_jTp6ZuWQPnhdHNKycsjrR1Ij4Vd4KWwMplxPwB0hIRNm1qpF8C83pJm4T7WuZjJP95zOPlSe9vBEg-Ud7hGEKob3AkovhbYS4Kz-eJ8b0JFU5JcHSMWieHBYxXWg4Iksw3xWHqiG8pPDxDwBBBW9MLOgxYiLOt09PCcmegrJCavsq9yB1W2pkvBGp_Y_vChuNqgy1A-Mw';

const privateKey = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'RSA',
    e: 'AQAB',
    n,
    d: 'JcKKroKfklJ8Owg5FQ2s2jDzok4wgWU0vnHx5F6zIi5L9JxY6UaLgVtmYscW4moV4NvWbufGJgvMcsMwqJSCF6ukrEKl6qOHjl6iJnQEt04B1AvTgSzvNydsBYWEyUvkL33cU-o-0bA0NYa69g_JTFDyTFd8EOep7K6yMH4wXQ4S87_HVoESr-HrD41ynl4HBBt25xHhS4DVP1NRrydoi8KMHz7kxdU4OLVpct0jS2h-u-tFzxQyRict4nMXT7HpGe6VQN-95VlCHu-dGwQM7_XQ-JLRHAzYFBhZvUQSBsqsj1qBWFUN2RME_aTreebk5V7xgWD5XhpoQnMqoPxFaQ',
    p: '2lDOSb_SHtu20GvtN5Abn9d6M3lsNfZ5rHSr39XvRNRchiKYvEdBR93Wa1X7fHlE3U_YwFNQgQUG9nnYuAr-CU9BpdqgqIjEyz-PbBNoyK7u1amZd7db_tOCWZjYo7yHs6pGjGjJlJ36ydIusLxaZ_kol80yK97sugXkM9q0so8',
    q: 'tWYUJH_tMweUKstWLCC4JpyBwaXOTSPwCR-ezcpOHnBRMQRQ3nudcoJuhBxkaBpymamFNpXpOYyNBMtnIh0q0OZ0Zn_xt_jNAkOBZoSZYSWA_o0T1x6ZvsYr_dOpu8fd6pQ2ituDVwnEKlvzlzU2L4Ok5k8JfEx1jXXfUOJZvB0',
    dp: '2O0yDVXtE3x-Stry-yLWUB1r73nXbEdc31-O6PtKpLnetenqmiqzUxW62Sy2lxhotP-CAJjIhWrZYE_yZ-2EPvvh30s-GDjOUqb1fA5NMBuidevv8mTfpHXGMAEQQqIytPOc5ie5JVNUvvV6L2L48hdBnpTmJXF9B9qSxnOq2UE',
    dq: 'fITM0N1Lutq598JKrdHr9v06CO7DNaq0q96byRHVHAnngek_hel_A8rLCD7hIaD-B8MZIYY4aXu0lZT2f7Fb4bhAMNgk2i-csrAaFIBzNP9kk9fNxb5ItW8dZYi1G6SwDcWdxyW1-7pFgPpLtQEe5_DK8hlRHpTxoKBIIiKujHU',
    qi: 'da1zNF1pz_9s3NvpSpkAWB9qwQ7GfmE6FjhdvvVi3U9bavBu4RUEX2QImXxgAtmGioNU96xEEog7SswZZN_A2A-pSWd9w2OPuf3DQaBeYit-HS8XvG0EvwqmYIljpWDZHQBM9_UH6D5z5so1079svfqbQZTA91Z-RmY0gMMpZpk',
  },
});

export const rsaJwk: RsaJwk = { e: 'AQAB', kty: 'RSA', n };

/** PEM SubjectPublicKeyInfo. */
export const rsaPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();

/** RSASSA-PKCS1-v1_5 with SHA-256, which has no randomness. */
export function signPkcs1(data: Uint8Array): Uint8Array {
  return sign('sha256', data, privateKey);
}

/** A second key, of 1024 bits, which is too short to count. */
const shortKey = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'RSA',
    e: 'AQAB',
    n: 'vxtF49MdckPqqzA-Wlhx5S-wSfC8pi9AixpqFPI_58gvy2cnYys4Jwsh4zeDezbzCE88VDzrtjcCmKP7NexWQvmozqd58np0p3SZK3EbFW6nQUUSiRoIq1d7GBQlbnZmsfqg8JfqZR-eVa5YR_D5ArwqX0f9TFU9E4578n4yl3c',
    d: 'JpNtxzA9WGxnOUkSvQ_vZbD7p-FFY1JUd__L_BBuX-4j364h4D3AJvlzTLdO_hc4davw5JwrhGuURZWMRvU-8ArDUZy8WeoPp_IvnqthSDKbbLF_VyajiBm_DhVm8eiMejQMEb3fsSsKVMgHrhZZprRXIxZrKAHZnBCasbJKr0k',
    p: '3bBsBdv7J64gAbZL1VRshDKDboVWXDTe4H88WtTGACkp1WaaNb7Nv4k8aG1mrnjsZxVHCY-8eYqK9yXENx0C5Q',
    q: '3K8iBA73Qd7kdGxjMrzHiC1s_UXqE8rh-mpqkTfmzXgYEjgxihptADmjPeWnG6-6uQ4P1aeWsGpplgaBUJ3_Kw',
    dp: 'K_s2UytDdqna-7v464fmR4vl-2VEruJmXU-g37xa0-lWvVmvun3yP8-wRl9-AZtH-2ODRmhX0h0kWMgLV4vP6Q',
    dq: 'nXS3qH2lHXKTPh43iPP4ycjfgrZnlUekhK946bQhEWkmg5lkf0zriMWXG4rH-JEhgPfvhFnWwniqbUim64ZPkQ',
    qi: 'hgSJ0lecxPzrWJ651nTPy24uATTfD2uCesItIXoyTO_Lah5F9aA2BzQ_vbAfUppReJldGp7-hZ-jZur9Ao7rRQ',
  },
});

/** The same of the short key. */
export const shortRsaPem = createPublicKey(shortKey).export({ type: 'spki', format: 'pem' }).toString();

/** RSASSA-PSS with SHA-256 and a salt of 32 bytes. */
export function signPss(data: Uint8Array): Uint8Array {
  return pss(data, privateKey, 32);
}

/** The same with a salt of 20 bytes. */
export function signPssSaltedWith20(data: Uint8Array): Uint8Array {
  return pss(data, privateKey, 20);
}

/** The same as `signPss` with the short key. */
export function signPssWithShortKey(data: Uint8Array): Uint8Array {
  return pss(data, shortKey, 32);
}

/** RFC 8017 §9.1.1, with a salt that follows from the message, because Node chooses one at random. */
function pss(data: Uint8Array, key: KeyObject, saltLength: number): Uint8Array {
  const length = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
    createHash('sha256').update(Buffer.concat(parts)).digest();
  const salt = sha256(Buffer.from('salt'), data).subarray(0, saltLength);
  const hash = sha256(new Uint8Array(8), sha256(data), salt);
  const block = Buffer.alloc(length - 32 - 1);
  block[block.length - saltLength - 1] = 1;
  block.set(salt, block.length - saltLength);
  for (let at = 0, counter = 0; at < block.length; at += 32, counter += 1) {
    const mask = sha256(hash, Buffer.from([0, 0, 0, counter]));
    for (let i = 0; i < 32 && at + i < block.length; i += 1)
      block[at + i] = (block[at + i] as number) ^ (mask[i] as number);
  }
  block[0] = (block[0] as number) & 0x7f;
  const encoded = Buffer.concat([block, hash, Buffer.from([0xbc])]);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}
