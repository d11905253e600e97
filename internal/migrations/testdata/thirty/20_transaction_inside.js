// want: does=rewrite,drop down=absent tx=no tables=m,n
exports.config = { transaction: false };
exports.up = async knex => {
  const trx = await knex.transaction();
  try {
    await trx('m').del();
    await trx.raw('DROP TABLE ??', ['n']);
    await trx.commit();
  } catch (e) {
    await trx.rollback();
    throw e;
  }
};
