package rollback

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/pg"
)

// The databases (or schemas, or files) that a rollback makes stand beside the
// live one and carry its name with a suffix and the rollback's time, UTC.
const (
	besideSuffix = "__restoring_"
	failedSuffix = "__failed_"
	stampLayout  = "20060102_150405"
)

// maxName is NAMEDATALEN-1, PostgreSQL's limit for a name in bytes. A longer
// one is cut by the server without a word, and two could become the same.
const maxName = 63

// stampText is how a rollback that began at t is named.
func stampText(t time.Time) string { return t.UTC().Format(stampLayout) }

func besideName(live, stamp string) string { return fitName(live, besideSuffix+stamp) }
func failedName(live, stamp string) string { return fitName(live, failedSuffix+stamp) }

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

var ours = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`__(restoring|failed)_(\d{8}_\d{6})$`) })

// parseName takes a name made here apart.
func parseName(name string) (suffix, stamp string, ok bool) {
	m := ours().FindStringSubmatch(name)
	if m == nil {
		return "", "", false
	}
	return "__" + m[1] + "_", m[2], true
}

// belongsTo reports whether name is what a rollback with that suffix called
// the database live.
func belongsTo(name, live, suffix string) (stamp string, ok bool) {
	got, stamp, ok := parseName(name)
	if !ok || got != suffix || name != fitName(live, suffix+stamp) {
		return "", false
	}
	return stamp, true
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
