// want: does=unknown down=absent tables=
const fs = require('fs');
exports.up = async knex => { await knex.raw(fs.readFileSync(__dirname + '/up.sql', 'utf8')); };
