package production

import (
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/spec"
)

// operationsItems are the items of the area Operations.
func operationsItems() []item {
	return slices.Concat(dataItems(), runItems(), upgradeItems(), loadItems())
}

// dataItems are those about what the backend keeps, and where.
func dataItems() []item {
	return []item{
		{checkItem{"database-postgres", areaOperations, "The database is PostgreSQL",
			"SQLite lives in the pod: with it the catalog, the users' settings and running templates are gone at every start.",
			nextPostgres,
			1, profileTeam}, databasePostgres},
		{checkItem{"database-pool", areaOperations, "The connections that plugins may open fit the database",
			"Each plugin has a pool of its own, in each replica: beyond the server's limit plugins fail at random.",
			"Set backend.database.knexConfig.pool.max so that plugins × replicas × max stays below the server's max_connections",
			3, profileEnterprise}, databasePool},
		{checkItem{"cache-external", areaOperations, "The cache is outside of the backend's memory",
			"A cache in memory is one for each replica, and gone at each start: TechDocs and plugins ask their sources again.",
			nextCache,
			3, profileEnterprise}, cacheExternal},
		{checkItem{"search-engine", areaOperations, "The search engine keeps its index outside of the backend's memory",
			"Lunr builds the index anew in each replica at each start, and holds all of it in memory.",
			nextSearch,
			2, profileTeam}, searchEngine},
		{checkItem{"replicas", areaOperations, "More than one replica can run",
			"With one, each node that is drained and each release is an outage.",
			"Move the database, the cache, the search index and the documentation out of the pod, as the evidence names them",
			3, profileEnterprise}, replicas},
	}
}

const (
	nextPostgres = "Set backend.database.client: pg and a connection in the app-config that production starts with"
	nextCache    = "Set backend.cache.store to redis, valkey, memcache or infinispan, with its connection"
	nextSearch   = "Add @backstage/plugin-search-backend-module-pg, or the module of Elasticsearch or OpenSearch, to the backend"
)

func databasePostgres(v *view) outcome {
	return v.config().judge("backend.database.client", "no database is configured", nextPostgres, func(client string) (bool, string) {
		if client == "pg" {
			return true, "backend.database.client is pg"
		}
		return false, "the database of production is " + client
	})
}

// The defaults of knex's pool and of PostgreSQL's max_connections, of which some are
// kept for its administrators.
const (
	poolMax        = 10
	maxConnections = 97
)

func databasePool(v *view) outcome {
	c := v.config()
	client, at, known, ok := c.text("backend.database.client")
	if !ok || !known || client != "pg" {
		if o := c.unsure(); o != nil {
			return *o
		}
		if ok && !known {
			return unknown("backend.database.client comes from the environment", "Write it into app-config, or attest it", at)
		}
		return notApplicable("the database is not PostgreSQL", withEvidence(outcome{}, at).evidence...)
	}
	pool := poolMax
	seen := []evidencePlace{at}
	if text, e, known, ok := c.text("backend.database.knexConfig.pool.max"); ok {
		if _, err := fmt.Sscanf(text, "%d", &pool); !known || err != nil {
			return unknown("the size of the pool comes from the environment", "Attest that it fits", e)
		}
		seen = append([]evidencePlace{e}, at)
	}
	number := 0
	for _, m := range v.source() {
		if name := spec.PackageOf(m.name); portal.ShipsMigrations(name) || m.own && v.ownDatabase(m) {
			number++
		}
	}
	if number == 0 {
		return unknown("which plugins the backend has is not in its source", "Count them, and attest that their pools fit", seen...)
	}
	pods, e := v.replicaCount()
	if e != nil {
		seen = append(seen, *e)
	}
	total := number * pool * pods
	sum := fmt.Sprintf("%s with a database × %s × %s are %d", english.Count(number, "plugin"), english.Count(pool, "connection"), english.Count(pods, "replica"), total)
	if total <= maxConnections && e == nil {
		// One replica is a guess: it can show that the pools are too many, not that they fit.
		return unknown(sum+", and how many replicas run is not in the repository", "Show it with --deploy-dir, or attest that the pools of all replicas fit", seen...)
	}
	if total <= maxConnections {
		return pass(sum+", which fit PostgreSQL's default", seen...)
	}
	return fail(problem{pos: seen[0].Pos, name: "backend.database.knexConfig.pool.max", message: sum + fmt.Sprintf(", more than the %d that PostgreSQL takes by default", maxConnections),
		next: fmt.Sprintf("Set backend.database.knexConfig.pool.max to %d, or attest the server's max_connections", max(1, maxConnections/(number*pods)))})
}

// ownDatabase reports whether an own plugin that the backend adds asks for a database.
func (v *view) ownDatabase(m module) bool {
	w := v.in.Project.ByName(spec.PackageOf(m.name))
	if w == nil {
		return false
	}
	for _, c := range v.codeOf(w, "coreServices.database") {
		if len(plugins.Makes(c.tokens, []string{"createBackendPlugin"})) > 0 {
			return true
		}
	}
	return false
}

func cacheExternal(v *view) outcome {
	return v.config().judge("backend.cache.store", "no cache is configured: it is in the backend's memory", nextCache, func(store string) (bool, string) {
		if store != "memory" {
			return true, "the cache is " + store
		}
		return false, "the cache is in the backend's memory"
	})
}

// engines are the modules of search with an index of its own.
var engines = []string{"@backstage/plugin-search-backend-module-pg", "@backstage/plugin-search-backend-module-elasticsearch",
	"@backstage/plugin-search-backend-module-opensearch"}

func searchEngine(v *view) outcome {
	if len(v.backends()) == 0 {
		return notApplicable("the repository has no backend")
	}
	search, ok := v.adds("@backstage/plugin-search-backend")
	for _, name := range engines {
		if m, ok := v.adds(name); ok {
			return pass("the index is that of "+name, evidencePlace{m.pos, name})
		}
	}
	if len(v.source()) == 0 {
		return unknown("the backend's source does not say what it adds", "Attest which engine it has", evidencePlace{v.manifestOf(v.backends()[0]), "backend"})
	}
	if !ok {
		return notApplicable("the backend has no search")
	}
	return fail(problem{pos: search.pos, name: "search", message: "the backend adds search without an engine: Lunr keeps the index in memory", next: nextSearch})
}

// replicaCount is how many replicas the manifests ask for, 1 without any.
func (v *view) replicaCount() (int, *evidencePlace) {
	n, at := 1, (*evidencePlace)(nil)
	for _, w := range v.workloads() {
		r, ok := w.root.Get("spec", "replicas")
		var have int
		if _, err := fmt.Sscanf(r.String(), "%d", &have); ok && err == nil && have >= n {
			n, at = have, &evidencePlace{keyPos(w.root, "spec", "replicas"), fmt.Sprintf("replicas: %d", have)}
		}
	}
	return n, at
}

func replicas(v *view) outcome {
	var problems []problem
	var seen []evidencePlace
	open := false
	for _, part := range []struct {
		what string
		look func(*view) outcome
	}{{"the database", databasePostgres}, {"the cache", cacheExternal}, {"the search index", searchEngine}, {"the documentation", techdocsBuilder}} {
		o := part.look(v)
		switch o.verdict {
		case verdictFail:
			for _, p := range o.problems {
				problems = append(problems, problem{pos: p.pos, name: part.what, message: part.what + " is in the pod, so that a second one has another: " + p.message, next: p.next})
			}
		case verdictUnknown:
			open = true
			seen = append(seen, o.evidence...)
		default:
			seen = append(seen, o.evidence...)
		}
	}
	switch {
	case len(problems) > 0:
		return fail(problems...)
	case open || len(seen) == 0:
		return unknown("not all of database, cache, search and documentation can be told", "See those items", seen...)
	}
	return pass("database, cache, search and documentation are outside of the pod", seen...)
}
