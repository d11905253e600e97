// want: does=add down=present tables=tokens
"use strict";
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
  return new (P || (P = Promise))(function (resolve, reject) { resolve(generator.apply(thisArg, _arguments || [])); });
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.down = exports.up = void 0;
function up(knex) {
  return __awaiter(this, void 0, void 0, function* () {
    yield knex.schema.createTable('tokens', table => { table.string('id').primary(); });
  });
}
exports.up = up;
function down(knex) { return __awaiter(this, void 0, void 0, function* () { yield knex.schema.dropTable('tokens'); }); }
exports.down = down;
