// want: does=drop down=absent tables=p,q
exports.up = knex => ['p', 'q'].reduce((chain, name) => chain.then(() => knex.schema.dropTable(name)), Promise.resolve());
