package main

import (
	"context"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/forecast"
)

// forecastOf is what a snapshot keeps of the release to come. With --deployed that is
// the work tree; else the newest release, as far as an earlier snapshot forecast has
// read it: a snapshot is taken in a hurry, and downloads nothing for this.
func forecastOf(ctx context.Context, o createOptions, e env, co *checkout, survey *snapshot.Survey) (*snapshot.Forecast, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := forecasting{e: e, co: co, kept: o.deployed == ""}
	var err error
	if f.registry, err = co.registry(e, f.kept); err != nil {
		return nil, err
	}
	reader, err := co.migrations(e, f.registry)
	if err != nil {
		return nil, err
	}
	in := forecast.Input{Versions: reader, MovedOnly: true}
	from, targets := co, map[string]string{}
	if f.releases, err = co.releases(e, f.kept); err != nil {
		return nil, err
	}
	if f.kept {
		in.Versions = keptVersions{reader, keptOnly{cancel}}
		plan, err := bump.NewPlan(ctx, bump.Input{Project: co.project, Settings: co.settings, Lock: co.lock, Releases: f.releases, Registry: f.registry},
			bump.Options{Release: "main", DropStalePatches: true})
		if err != nil || plan.Stays() {
			return nil, nil // nothing was read before
		}
		in.To, targets = plan.To, broughtAlong(plan.Targets(), plan.Release(), co.lock)
	} else {
		if from, err = co.atRef(o.deployed, e); err != nil {
			return nil, err
		}
		in.To = f.releases.Standing(co.lock, co.project.Declared()).Release
	}
	if from.installed() != nil || co.installed() != nil {
		return nil, nil
	}
	if err = f.packages(ctx, &in, from, co, targets); err != nil {
		return nil, err
	}
	states := survey.States()
	for _, l := range survey.Plugins {
		if l.Plugin != "" && l.State == "present" {
			in.Databases = append(in.Databases, forecast.Database{Plugin: l.Plugin, Title: l.Database, State: states[l.Database]})
		}
	}
	r, err := forecast.New(ctx, in)
	if err != nil {
		return nil, err
	}
	return r.Keep(), nil
}
