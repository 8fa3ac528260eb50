/* Takes the stop of the Tab key away from tables that are not wider than their place: there is nothing to scroll.
   Without it the stop is there for nothing, and no page needs this script. */
"use strict";
(() => {
  const stop = (one) => {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  };
  const seen = new ResizeObserver((changes) => changes.forEach((change) => stop(change.target)));
  for (const one of document.querySelectorAll(".scroll")) {
    seen.observe(one);
    stop(one);
  }
})();
