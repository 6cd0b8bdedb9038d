// What the page's wasm imports as "xterm-addon-fit"; see xterm.mjs.
export let FitAddon;

let loading;

export function load() {
  loading ??= import("/vendor/addon-fit.mjs").then(
    (module) => {
      FitAddon = module.FitAddon;
    },
    (error) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}
