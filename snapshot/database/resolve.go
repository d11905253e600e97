package database

import (
	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
)

// Resolve says where every plugin keeps its data: the installed ones, and those
// that app-config names. The error is about configuration that Backstage itself
// would refuse; what concerns one plugin is in its Problem.
func Resolve(*appconfig.Tree, Options) (*Layout, error) {
	return nil, fault.New("no resolver yet")
}

// Databases are the physical databases of the plugins without a Problem,
// ordered by key.
func (l *Layout) Databases() []Database { return nil }

// Servers are the distinct servers of the plugins without a Problem: one for
// each host, port and user.
func (l *Layout) Servers() []Server { return nil }
