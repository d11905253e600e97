package template

import (
	"context"

	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/scaffold"
	"github.com/portalctl/portalctl/internal/workspace"
)

// Input is all that a plan is computed from.
type Input struct {
	Project *workspace.Project
	// On is the release that the portal's lock is of, "" where that is not known. Its
	// template is no later one: a bump moves the lock, and not the template.
	On string
	// Config is what the team decided, nil for nothing.
	Config *Config
	// ConfigText is the file that has it, nil where there is none yet.
	ConfigText []byte
	// YarnPlugin says that the portal asks for @backstage packages as "backstage:^".
	YarnPlugin bool
	Templates  Templates
	Releases   Releases
}

// Templates answers for create-app's templates; *scaffold.Reader does.
type Templates interface {
	Versions(ctx context.Context) ([]string, error)
	Read(ctx context.Context, version string) (*scaffold.Kit, error)
}

// Releases answers for release manifests; *release.Source does.
type Releases interface {
	Get(ctx context.Context, which string) (*release.Manifest, error)
}

// Options are the user's choices.
type Options struct {
	// Release is "main", "next" or an exact version; "" means main.
	Release string
	// Base is a release, "" for the one that is found.
	Base string
	// Frontend is the one that the app is taken for, "" for what it imports.
	Frontend scaffold.Frontend
	// Markers writes conflicts by line into the files, between markers. Else a file
	// with such a conflict stays as it is.
	Markers bool
	// Only are globs over the portal's paths; none means all.
	Only []string
	// Progress, if set, is told how many templates are read.
	Progress func(done, total int)
}
