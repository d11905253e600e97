package ui

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows how far long work has come. It draws nothing unless stderr is
// a terminal, and removes itself when done, so that it never mixes with the
// report. Its methods are safe for use from several goroutines, and on nil.
type Progress struct {
	mu   sync.Mutex
	bar  *progressbar.ProgressBar
	done chan struct{} // closed when the line is removed
	once sync.Once
}

// turn is how often a spinner moves while nothing is counted.
const turn = 100 * time.Millisecond

// Progress starts a progress line named label. total is in units of work; -1
// means that the end is unknown and shows a spinner.
func (s *Streams) Progress(label string, total int) *Progress {
	if !s.ErrTTY {
		return nil
	}
	p := &Progress{done: make(chan struct{}), bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(unguarded(s.Err)),
		progressbar.OptionSetDescription(label),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(24),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(80*time.Millisecond),
		progressbar.OptionSetPredictTime(false),
		// The library's own turning of a spinner races with its other methods.
		progressbar.OptionSetSpinnerChangeInterval(0),
	)}
	if total < 0 {
		go p.spin()
	}
	return p
}

// spin draws the line until it is removed.
func (p *Progress) spin() {
	ticker := time.NewTicker(turn)
	defer ticker.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-ticker.C:
			p.draw()
		}
	}
}

func (p *Progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
	default:
		_ = p.bar.RenderBlank()
	}
}

// Add counts n more units as done.
func (p *Progress) Add(n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// A bar that cannot be drawn is no reason to stop the work it shows.
	_ = p.bar.Add(n)
}

// Set tells the progress that done of total units are done, for work whose
// size is found out on the way.
func (p *Progress) Set(done, total int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bar.ChangeMax(total)
	_ = p.bar.Set(done)
}

// Label changes the text before the bar.
func (p *Progress) Label(text string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bar.Describe(text)
}

// Done removes the progress line.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.once.Do(func() { close(p.done) })
	_ = p.bar.Finish()
	_ = p.bar.Clear()
}
