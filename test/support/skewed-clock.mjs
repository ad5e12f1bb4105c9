// Loaded with --import: shifts the clocks of this process by CLOCK_SKEW seconds, as on a machine that is set wrong.
const shift = Number(process.env.CLOCK_SKEW ?? 0) * 1000;
const Real = Date;
const now = () => Real.now() + shift;
globalThis.Date = new Proxy(Real, {
  construct: (target, args) => (args.length === 0 ? new target(now()) : new target(...args)),
  apply: () => new Real(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
const origin = performance.timeOrigin;
Object.defineProperty(performance, 'timeOrigin', { get: () => origin + shift });
