// Times are whole Unix seconds in the code, and the text form of the signed formats (SPEC §1.5) in the database and API.

export { secondsOf as timeSeconds, timeOf as timeText } from '@appwarrant/verifier/formats';
