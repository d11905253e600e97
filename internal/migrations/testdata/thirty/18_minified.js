// want: does=add,drop down=present tables=a,b
"use strict";exports.up=async e=>{await e.schema.createTable("a",(t=>{t.uuid("id").primary(),t.text("v").nullable()})),await e.schema.dropTable("b")},exports.down=async e=>{await e.schema.dropTable("a")};
