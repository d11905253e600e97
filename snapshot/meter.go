package snapshot

import (
	"cmp"
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
	// shared stands for read[0] when several goroutines count into one.
	shared *atomic.Int64

	mu     sync.Mutex
	active map[int]string
	done   map[int]bool
}

func newMeter(units []unit) *meter {
	m := &meter{read: make([]atomic.Int64, len(units)), start: time.Now(), active: map[int]string{}, done: map[int]bool{}}
	for _, u := range units {
		m.total = append(m.total, cmp.Or(u.data, u.Size))
	}
	return m
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
		if m.shared != nil {
			read = m.shared.Load()
		}
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
