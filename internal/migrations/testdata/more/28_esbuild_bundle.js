// want: does=rewrite down=present tables=settings
"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __export = (target, all) => { for (var name in all) __defProp(target, name, { get: all[name], enumerable: true }); };
var __copyProps = (to, from) => { for (let key of __getOwnPropNames(from)) __defProp(to, key, { get: () => from[key], enumerable: true }); return to; };
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);
var src_exports = {};
__export(src_exports, { down: () => down, up: () => up });
module.exports = __toCommonJS(src_exports);
async function up(knex) {
  await knex.raw("INSERT INTO settings (key, value) VALUES ('theme', '-- DROP TABLE users; DELETE FROM x') ON CONFLICT (key) DO UPDATE SET value = excluded.value");
}
async function down(knex) {
  await knex("settings").where({ key: "theme" }).delete();
}
