package forecast

import (
	"fmt"
	"math"
	"time"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/snapshot"
)

// What a step costs on an idle server, measured with the migrations of 1.41.0 →
// 1.55.0 on PostgreSQL 15 with 2 cores and a local disk (docs/forecast.md has the
// figures).
const (
	idleProbe = 0.42 // seconds for snapshot.ProbeRows rows

	scanBytes   = 1e9     // bytes a second that are read
	checkRow    = 0.12e-6 // seconds a row, of a look-up of another table's
	indexRow    = 1.1e-6  // of a row that is put into a new index
	groupRow    = 1.7e-6  // of a row that is sorted or grouped
	inMemory    = 64e6    // bytes that are sorted without files, and then in half the time
	concurrent  = 1.7     // CREATE INDEX CONCURRENTLY reads twice, and waits
	updateRow   = 6e-6
	updateIndex = 2.5e-6 // for each index of the table
	rewriteB    = 120e6
	analyzeMost = 0.4 // ANALYZE looks at a sample
	waitStep    = 0.02
)

// cost is how long a step is likely to take, in seconds.
func (w *walk) cost(o migrations.Op) float64 {
	if o.Fresh || w.fresh[o.Table] {
		return 0
	}
	heavy := false
	switch o.Effect {
	case migrations.AddFilled, migrations.ColumnType, migrations.NotNull, migrations.ForeignKey, migrations.Validate, migrations.Check, migrations.Update,
		migrations.Delete, migrations.Build, migrations.BuildLater, migrations.Analyze,
		migrations.ReadAll:
		heavy = true
	}
	if !heavy {
		return 0
	}
	r, ok := w.relation(o.Table)
	if !ok || r.Rows < 0 {
		if o.Effect != migrations.Analyze {
			w.b.blind = true
		}
		if !ok {
			return 0
		}
		r.Rows = r.Bytes / 200 // never analysed: a row of a portal's tables has about that
	}
	w.b.sized = true
	if w.indexThere(o) || w.apart[o.Table] && o.Maybe && (o.Effect == migrations.Delete || o.Effect == migrations.ReadAll) {
		return 0
	}
	rows, bytes := float64(r.Rows), float64(r.Bytes)
	scan := bytes / scanBytes
	seconds := 0.0
	switch o.Effect {
	case migrations.NotNull, migrations.Check:
		seconds = scan
	case migrations.Validate, migrations.ForeignKey, migrations.Delete:
		seconds = scan + rows*checkRow
	case migrations.ReadAll:
		seconds = scan + rows*groupRow
	case migrations.Build:
		seconds = scan + rows*indexRow*deep(rows, bytes)
	case migrations.BuildLater:
		seconds = (scan + rows*indexRow*deep(rows, bytes)) * concurrent
	case migrations.Update:
		seconds = rows*(updateRow+updateIndex*float64(r.Indexes)) + bytes/rewriteB
	case migrations.AddFilled, migrations.ColumnType:
		seconds = bytes/rewriteB + rows*indexRow*float64(r.Indexes)
	case migrations.Analyze:
		seconds = math.Min(analyzeMost, scan)
	}
	return (seconds + waitStep) * w.b.slow()
}

// deep is how much more it takes to sort for a large index: n log n, and files.
func deep(rows, bytes float64) float64 {
	if bytes <= inMemory {
		return 0.5
	}
	return math.Max(1, math.Log2(rows+2)/20)
}

// indexThere reports whether the server has a valid index that a step would only
// build where there is none.
func (w *walk) indexThere(o migrations.Op) bool {
	if o.Effect != migrations.BuildLater || !o.Maybe || o.Name == "" || w.d.State == nil {
		return false
	}
	_, ok := w.d.State.Indexes[o.Name]
	return ok
}

// keptApart are the tables of the unique indexes that a migration builds where there
// is none, and that the server has: rows that are twice are neither looked for nor
// deleted there.
func (w *walk) keptApart(m *migrations.Migration) map[string]bool {
	out := map[string]bool{}
	for _, o := range m.Ops {
		if o.Effect != migrations.Unique || !o.Maybe || o.Name == "" || w.d.State == nil {
			continue
		}
		if table := w.d.State.Indexes[o.Name]; table != "" {
			out[table] = true
		}
	}
	return out
}

func (b *builder) slow() float64 {
	if b.in.Slow.Mean <= 0 {
		return 1
	}
	return b.in.Slow.Mean
}

// Slow is how much slower a server answers probes than the one that the estimates
// were made on, on average and at most; zero where it was not asked.
type Slow struct{ Mean, Most float64 }

// Slowness is what probes say.
func Slowness(probes []time.Duration) (s Slow) {
	for _, p := range probes {
		by := p.Seconds() / idleProbe
		s.Mean += by / float64(len(probes))
		s.Most = max(s.Most, by)
	}
	return s
}

// spread is how much longer than estimated a boot may take on a server that is as
// busy as in the slowest probe: none that was measured took longer.
const spread = 1.5

// boot adds up: plugins migrate side by side, those of one database one after the
// other.
func (b *builder) boot() {
	r := b.r
	total := 0.0
	for _, s := range b.steps {
		total = math.Max(total, s)
	}
	var waiting time.Duration
	for _, d := range b.in.Databases {
		if d.State != nil {
			waiting = max(waiting, d.State.Waiting)
		}
	}
	most := total * spread
	if b.in.Slow.Mean > 0 {
		most *= b.in.Slow.Most / b.in.Slow.Mean
	}
	r.Boot.Seconds, r.Boot.UpTo = math.Ceil(total*10)/10, math.Ceil(most)
	switch {
	case r.Runs() == 0:
		r.Boot.Seconds, r.Boot.UpTo, r.Boot.Basis = 0, 0, "no migration is known to run"
	case !b.looked():
		r.Boot.Seconds, r.Boot.UpTo, r.Boot.Basis = -1, 0, "no server was asked how large the tables are"
	default:
		r.Boot.Basis = "sizes of the tables on the server"
		if s := b.in.Slow; s.Mean > 0 {
			times := fmt.Sprintf("%.1f", s.Mean)
			if most := fmt.Sprintf("%.1f", s.Most); most != times {
				times += " (at most " + most + ")"
			}
			r.Boot.Basis += fmt.Sprintf(", and that it sorts %d rows in %s times what an idle one takes", snapshot.ProbeRows, times)
		}
		if b.blind {
			r.Boot.Basis += "; some tables are not counted, as they were never analysed or are not there"
		}
		if waiting > time.Minute {
			r.Boot.Basis += fmt.Sprintf("; a transaction is open for %s, and what changes its tables waits for its end", waiting.Round(time.Second))
		}
		// Three times the estimate, or twice what it may come to, and a minute for the
		// start itself.
		r.Boot.Startup = 60 + int(math.Ceil(max(3*total, 2*most)/10))*10
	}
}
