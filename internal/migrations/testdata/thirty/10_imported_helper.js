// want: does=unknown down=unknown tables=
const { addColumns } = require('../lib/helpers');
exports.up = async knex => { await addColumns(knex, 'things', ['a', 'b']); };
exports.down = async knex => { await addColumns(knex, 'things', []); };
