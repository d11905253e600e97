// want: does=alter,drop down=empty tables=orders,users
'use strict';
function asyncGeneratorStep(n, t, e, r, o, a, c) { try { var i = n[a](c), u = i.value; } catch (n) { return void e(n); } i.done ? t(u) : Promise.resolve(u).then(r, o); }
function _asyncToGenerator(n) { return function () { var t = this, e = arguments; return new Promise(function (r, o) { var a = n.apply(t, e); function _next(n) { asyncGeneratorStep(a, r, o, _next, _throw, "next", n); } function _throw(n) { asyncGeneratorStep(a, r, o, _next, _throw, "throw", n); } _next(void 0); }); }; }
exports.up = function () {
  var _ref = _asyncToGenerator(function* (knex) {
    yield knex.schema.alterTable('orders', table => {
      table.dropColumn('legacy');
    });
    yield knex.schema.alterTable('users', table => {
      table.renameColumn('name', 'full_name');
    });
  });
  return function (_x) { return _ref.apply(this, arguments); };
}();
exports.down = function () {
  var _ref2 = _asyncToGenerator(function* () {});
  return function (_x2) { return _ref2.apply(this, arguments); };
}();
