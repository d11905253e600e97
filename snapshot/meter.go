package snapshot

import (
	"sync"
	"sync/atomic"
	"time"
)

// Progress is how far a long work is, in bytes before compression. Total is an
// estimate.
type Progress struct {
	Done, Total int64
	// Now are the databases that are being worked on.
	Now []string
	// Left is an estimate, 0 while there is none.
	Left time.Duration
}

// meter adds up what the copies have read.
type meter struct {
	read  []atomic.Int64
	total []int64
	start time.Time

	mu     sync.Mutex
	active map[int]string
	done   map[int]bool
}

// newMeter is a meter of pieces of work, by the bytes that each is expected to read.
func newMeter(total ...int64) *meter {
	return &meter{read: make([]atomic.Int64, len(total)), total: total, start: time.Now(), active: map[int]string{}, done: map[int]bool{}}
}

func (m *meter) begin(i int, title string) (end func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active[i] = title
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.active, i)
		m.done[i] = true
	}
}

func (m *meter) now() Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	var p Progress
	for i := range m.total {
		read := m.read[i].Load()
		p.Done += read
		// What is read beyond the estimate corrects it.
		if m.done[i] {
			p.Total += read
		} else {
			p.Total += max(m.total[i], read)
		}
		if title, ok := m.active[i]; ok {
			p.Now = append(p.Now, title)
		}
	}
	if took := time.Since(m.start); p.Done > 0 && took > time.Second {
		p.Left = time.Duration(float64(took) * float64(p.Total-p.Done) / float64(p.Done))
	}
	return p
}

// run tells progress until the returned function is called.
func (m *meter) run(tell func(Progress)) (stop func()) {
	if tell == nil {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
				tell(m.now())
			}
		}
	}()
	return func() { close(end); <-ended }
}
