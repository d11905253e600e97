// Package slot makes the monthly upgrade one run: the steps in their order, what
// each of them found, kept so that a run goes on where it stopped, and the text
// that a reviewer reads. The steps are portalctl's own commands, as a person would
// type them; what they say is read from their JSON, which docs/json.md promises.
package slot

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// Schema is the version of the JSON of a run.
const Schema = "portalctl.slot/v1"

// A Printed is what a command printed, and how it ended.
type Printed struct {
	// Args are the command's words after the program's name.
	Args []string `json:"args"`
	// Exit is its exit code: 0 clean, 1 findings, 2 could not run.
	Exit int `json:"exit"`
	// Out is its report; no part of the run's own JSON.
	Out string `json:"-"`
	// Markdown is the same report for the text, "" where none was asked for.
	Markdown string `json:"-"`
	// Problem is what it said on stderr where it could not run, in one line.
	Problem string `json:"problem"`
	// Next is what it said to do about it.
	Next string `json:"next,omitempty"`

	doc any // what read has made of Out
}

// Ran reports whether the command did its work, whatever it found.
func (p Printed) Ran() bool { return p.Exit == 0 || p.Exit == 1 }

// line is the command as a person types it, for whom its JSON is not.
func (p Printed) line() string {
	return "portalctl " + strings.TrimSuffix(strings.Join(p.Args, " "), jsonForm)
}

const jsonForm = " --format json"

// Command runs one of portalctl's commands on the portal. The error is that the run
// was interrupted; that the command failed is in what it printed.
type Command func(ctx context.Context, args ...string) (Printed, error)

// StepName names a step, as --from, --skip and status have it.
type StepName string

// The steps of a run, in their order.
const (
	Where      StepName = "where"  // the release, the distance, what is in the way
	stepComing StepName = "coming" // what the release breaks, changes and migrates
	stepBump   StepName = "bump"   // the branch: template, versions and moved packages
	stepCheck  StepName = "check"  // check and audit against the base, fixes of the lock
	stepProof  StepName = "proof"  // the portal's own scripts
	Text       StepName = "text"   // what the reviewer reads
)

// StepNames are all steps in their order.
func StepNames() []StepName {
	return []StepName{Where, stepComing, stepBump, stepCheck, stepProof, Text}
}

// State is how far a step is.
type State string

// The states of a step.
const (
	statePending State = "pending"
	stateBegun   State = "begun" // it is at work, or was interrupted
	stateDone    State = "done"
	Failed       State = "failed"  // it could not do its work: Step.Why says why
	stateSkipped State = "skipped" // as --skip says, or as --plan does not write
)

// A Step is one step of a run with what it found.
type Step struct {
	Name  StepName `json:"name"`
	State State    `json:"state"`
	Why   string   `json:"why,omitempty"`
	Next  string   `json:"next,omitempty"` // of a step that failed: what to do about it
	// Key names all that the step depends on: with another key it is done anew.
	Key string `json:"key"`
	// Commands are what the step ran.
	Commands []Printed `json:"commands"`
	// Commits are those that the step made, in their order.
	Commits []branchCommit `json:"commits"`
	// Tree is git's name for the files as the step left them; "" where it wrote none.
	Tree string `json:"tree"`
	// Scripts are the portal's own that were run, by Proof.
	Scripts []Script `json:"scripts"`
	// Left are files that these made or changed, and that git does not ignore.
	Left []string `json:"left"`
	// Again reports whether this run repeated the step.
	Again bool `json:"-"`
}

// A branchCommit is one that a step made.
type branchCommit struct {
	Hash    string   `json:"hash"` // "" where a run without commits left the change in the work tree
	Subject string   `json:"subject"`
	Files   []string `json:"files"`
}

// printed is what the command of a step whose words begin with these printed as JSON, nil
// where none did.
func (s *Step) printed(words string) *Printed {
	for i, p := range s.Commands {
		line := strings.Join(p.Args, " ")
		if strings.HasPrefix(line, words+" ") && strings.HasSuffix(line, jsonForm) {
			return &s.Commands[i]
		}
	}
	return nil
}

// failed is the error of a command that could not run.
func (p Printed) failed() error {
	return fault.New("%s could not run: %s", p.name(), p.Problem).WithNext("%s", p.Next)
}

// name is the command without its options.
func (p Printed) name() string {
	n := slices.IndexFunc(p.Args, func(arg string) bool { return strings.HasPrefix(arg, "-") })
	if n < 0 {
		n = len(p.Args)
	}
	return strings.Join(p.Args[:n], " ")
}

// read is the document that a command printed, read once for all who ask; nobody changes
// it. It must be of the form's own schema: what another version of portalctl has printed
// may mean something else.
func (f form[T]) read(p *Printed) (*T, error) {
	if !p.Ran() {
		return nil, p.failed()
	}
	if doc, ok := p.doc.(*T); ok {
		return doc, nil
	}
	doc := new(T)
	if json.Unmarshal([]byte(p.Out), doc) != nil || (*doc).schema() != f.schema {
		return nil, fault.New("%s did not print %s", p.name(), f.schema)
	}
	p.doc = doc
	return doc, nil
}

// found is the document that a command of a step printed, nil for none that can be read.
func (f form[T]) found(s *Step) *T {
	if p := s.printed(f.words); p != nil {
		if doc, err := f.read(p); err == nil {
			return doc
		}
	}
	return nil
}
