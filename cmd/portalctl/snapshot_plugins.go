package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// publishedPlugins asks the registry about the packages of a lock that are not
// installed. targets are versions to come, and count instead of the lock's; failed,
// if set, is told which libraries it could not be asked about.
func publishedPlugins(ctx context.Context, lock *yarnlock.Lock, packages *registry.Client, targets map[string]string, failed func(string, error)) plugins.Registry {
	return plugins.Registry{
		Plugin: func(name string) (role, id string, ok bool) { return publishedPlugin(ctx, lock, packages, name) },
		Brings: func(name string) []string {
			names, err := publishedBrings(ctx, lock, packages, name, targets[name])
			if err != nil && failed != nil {
				failed(name, err)
			}
			return names
		},
	}
}

// publishedPlugin asks the registry what a package is that is not installed, in
// the version that yarn.lock has.
func publishedPlugin(ctx context.Context, lock *yarnlock.Lock, packages *registry.Client, name string) (role, id string, ok bool) {
	doc, err := packages.Packument(ctx, name)
	if err != nil || lock == nil {
		return "", "", false
	}
	for _, entry := range lock.Named(name) {
		if _, version, isPackage := entry.Package(); isPackage {
			if m, err := doc.Version(version); err == nil && m.Backstage.Role != "" {
				return m.Backstage.Role, m.Backstage.PluginID, true
			}
		}
	}
	return "", "", false
}

// publishedBrings are the dependencies of a library that may compose a backend. Only
// what needs something of Backstage is asked about.
func publishedBrings(ctx context.Context, lock *yarnlock.Lock, packages *registry.Client, name, target string) ([]string, error) {
	if lock == nil || strings.HasPrefix(name, "@backstage/") {
		return nil, nil
	}
	versions := []string{target}
	for _, entry := range lock.Named(name) {
		_, version, isPackage := entry.Package()
		if isPackage && slices.ContainsFunc(entry.Dependencies, func(d yarnlock.Dep) bool { return strings.HasPrefix(d.Name, "@backstage/") }) {
			versions = append(versions, version)
		}
	}
	if len(versions) == 1 {
		return nil, nil
	}
	doc, err := packages.Packument(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, version := range versions {
		if m, err := doc.Version(version); err == nil && plugins.Composes(name, m.Backstage.Role) {
			return slices.Sorted(maps.Keys(m.Dependencies)), nil
		}
	}
	return nil, nil
}
