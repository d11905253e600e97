// want: does=rewrite down=empty tables=jobs tx=no
const BATCH = 500;
exports.config = { transaction: false };
exports.up = async knex => {
  let moved;
  do {
    const { rows } = await knex.raw(
      `WITH batch AS (
         SELECT id FROM jobs WHERE state = ? LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       )
       UPDATE jobs SET state = ? FROM batch WHERE jobs.id = batch.id RETURNING jobs.id`,
      ['old', 'new'],
    );
    moved = rows.length;
  } while (moved === BATCH);
};
exports.down = async () => {};
