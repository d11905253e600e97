package production

// organisationItems are the items of the area Organisation.
func organisationItems() []item {
	return []item{
		{Item{"contribution-guide", Organisation, "There is a contribution guide",
			"Teams add plugins and templates themselves when they know how; else everything waits for the portal's team.",
			nextContribution,
			4, Enterprise}, contributionGuide},
	}
}

func contributionGuide(v *view) outcome {
	f, ok := v.first("CONTRIBUTING.md", ".github/CONTRIBUTING.md", "docs/CONTRIBUTING.md", "docs/contributing.md", "CONTRIBUTING.adoc", "CONTRIBUTING", "docs/contributing/index.md")
	if ok {
		return pass("a contribution guide is there", Evidence{f.pos(1, 0), "contribution guide"})
	}
	return missing(v.manifest(), "CONTRIBUTING.md", "the repository has no contribution guide", nextContribution)
}

const nextContribution = "Write CONTRIBUTING.md: how a plugin or a template gets in, who reviews it, what it needs"
