package rollback

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/snapshot"
)

// maxName is NAMEDATALEN-1, PostgreSQL's limit for a name in bytes. A longer
// one is cut by the server without a word, and two could become the same.
const maxName = 63

// stampText is how a rollback that began at t is named.
func stampText(t time.Time) string { return t.UTC().Format(snapshot.StampLayout) }

func besideName(live, stamp string) string { return fitName(live, snapshot.BesideSuffix+stamp) }
func failedName(live, stamp string) string { return fitName(live, snapshot.FailedSuffix+stamp) }

// fitName is base+suffix within PostgreSQL's limit. A base that has to be cut
// gets six digits of its hash, so that no two names meet.
func fitName(base, suffix string) string {
	if len(base)+len(suffix) <= maxName {
		return base + suffix
	}
	sum := sha256.Sum256([]byte(base))
	mark := "_" + hex.EncodeToString(sum[:3])
	cut := base[:maxName-len(suffix)-len(mark)]
	for !utf8.ValidString(cut) {
		cut = cut[:len(cut)-1]
	}
	return cut + mark + suffix
}

// belongsTo reports whether name is what a rollback with that suffix called
// the database live.
func belongsTo(name, live, suffix string) bool {
	got, stamp, ok := snapshot.LeftByRestore(name)
	return ok && got == suffix && name == fitName(live, suffix+stamp)
}

var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_$-]+$`) })

// databaseArgument is what -d takes for a database: its name, or what libpq
// would take a name with special characters for.
func databaseArgument(name string) string {
	if plainName().MatchString(name) {
		return name
	}
	return pg.Conninfo(name)
}
