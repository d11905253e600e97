// want: does=drop,rewrite down=throws tables=jobs,users
"use strict";Object.defineProperty(exports,"__esModule",{value:!0}),exports.up=async e=>{const t=e.schema;await e("jobs").where("state","done").del(),await(await t.hasTable("users")?t.alterTable("users",r=>(r.dropColumn("email"),void 0)):Promise.resolve())},exports.down=async()=>{throw new Error("no")};
