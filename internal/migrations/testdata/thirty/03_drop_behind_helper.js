// want: does=drop down=absent tables=jobs
const dropAll = async (db, names) => { for (let i = 0; i < names.length; i++) { await db.schema.dropTableIfExists(names[i]); } };
exports.up = knex => dropAll(knex, ['jobs']);
