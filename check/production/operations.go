package production

// operationsItems are the items of the area Operations.
func operationsItems() []item {
	return []item{
		{Item{"database-postgres", Operations, "The database is PostgreSQL",
			"SQLite lives in the pod: with it the catalog, the users' settings and running templates are gone at every start.",
			nextPostgres,
			1, Team}, databasePostgres},
	}
}

func databasePostgres(v *view) outcome {
	c := v.config()
	client, at, known, ok := c.text("backend.database.client")
	switch {
	case ok && !known:
		return unknown("backend.database.client comes from the environment", "Write it into app-config, or attest it", at)
	case ok && client == "pg":
		return pass("backend.database.client is pg", at)
	}
	if o := c.unsure(); o != nil {
		return withEvidence(*o, at)
	}
	if !ok {
		return missing(c.top(), "backend.database.client", "no database is configured", nextPostgres)
	}
	return fail(problem{pos: at.Pos, name: "backend.database.client", message: "the database of production is " + client, next: nextPostgres})
}

const nextPostgres = "Set backend.database.client: pg and a connection in the app-config that production starts with"
