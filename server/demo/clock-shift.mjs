// Preloaded by an owner who sets his clock: every reading of the system clock in this process is moved by
// CLOCK_SHIFT_SECONDS. The monotonic clock is left alone, as on a real machine.
const shift = Number(process.env.CLOCK_SHIFT_SECONDS ?? '0') * 1000;
const RealDate = Date;
const realNow = Date.now.bind(Date);

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(realNow() + shift);
    else super(...args);
  }
  static now() {
    return realNow() + shift;
  }
};
