
(function () {
  "use strict";
  function get(id) { return document.getElementById(id); }
  var folded = Array.from(document.querySelectorAll("details"));
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = folded.filter(function (d) { return !d.open; });
    opened.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (d) { d.open = false; });
  });

  var form = get("filter");
  if (!form) { return; }
  var items = Array.from(document.querySelectorAll(".item"));
  var parts = Array.from(document.querySelectorAll(".part")).map(function (part) {
    return { part: part, items: Array.from(part.querySelectorAll(".item")), fold: part.querySelector("details.aside") };
  });
  var fields = ["kind", "rule", "area"].map(function (name) {
    return { name: name, field: get("f-" + name) };
  }).filter(function (f) { return f.field; });
  var text = get("f-text"), count = get("f-count"), words = null, timer = 0;

  function apply() {
    var want = text.value.trim().toLowerCase();
    var wants = fields.filter(function (f) { return f.field.value; });
    var active = want !== "" || wants.length > 0, shown = 0;
    if (want && !words) {
      words = new Map(items.map(function (it) { return [it, it.textContent.toLowerCase()]; }));
    }
    parts.forEach(function (p) {
      var n = 0;
      p.items.forEach(function (it) {
        var fits = (!want || words.get(it).includes(want)) &&
          wants.every(function (f) { return it.dataset[f.name] === f.field.value; });
        it.hidden = !fits;
        if (fits) { n++; }
      });
      shown += n;
      p.part.hidden = active && n === 0;
      if (active && n > 0 && p.fold) { p.fold.open = true; }
    });
    count.textContent = active ? shown + " of " + items.length + " shown" : items.length + " in all";
  }

  text.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(apply, 120);
  });
  fields.forEach(function (f) { f.field.addEventListener("change", apply); });
  get("f-reset").addEventListener("click", function () {
    text.value = "";
    fields.forEach(function (f) { f.field.value = ""; });
    apply();
    text.focus();
  });
  form.hidden = false;
  apply();
})();
