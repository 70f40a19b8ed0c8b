package awsfake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// GroupImage is the image that a group launches.
func (w *World) GroupImage(in, name string) string {
	s := w.regions[in].scaling
	g := s.groups.rows[name]
	if g.Configuration != "" {
		return s.configurations.rows[g.Configuration].image
	}
	v, _ := s.templates.rows[g.Template].of(g.Version)
	return v.image
}

// GroupOf is a group as it is.
func (w *World) GroupOf(in, name string) ScalingGroup { return w.regions[in].scaling.groups.rows[name] }

// TagGroup writes a tag on a group, or with an empty value takes it off, by hand.
func (w *World) TagGroup(in, name, key, value string) {
	g := w.GroupOf(in, name)
	g.Tags = maps.Clone(g.Tags)
	if g.Tags[key] = value; value == "" {
		delete(g.Tags, key)
	}
	w.SetGroup(in, name, g)
}

// Refreshes are a group's refreshes, the oldest first: status, image and preferences.
func (w *World) Refreshes(in, name string) []string {
	s := w.regions[in].scaling
	var all []string
	for _, r := range s.groups.rows[name].refreshes {
		v, _ := s.templates.rows[r.template].of(r.version)
		all = append(all, strings.Join([]string{r.status, v.image, r.preference}, " "))
	}
	return all
}

// SetRefresh changes the status of a group's newest refresh, as Auto Scaling does. A successful one changes the group.
func (w *World) SetRefresh(in, name, status string) {
	g := w.GroupOf(in, name)
	g.refreshes = slices.Clone(g.refreshes)
	last := &g.refreshes[len(g.refreshes)-1]
	last.unbegun = last.status == "Pending" && status == "Cancelled"
	if last.status = status; status == "Successful" && last.template != "" {
		g.Template, g.Version = last.template, last.version
		if g.Instances != "" {
			g.Instances = last.version
		}
	}
	w.SetGroup(in, name, g)
}

// BeginRefresh starts a refresh by hand, to a version of the group's template, or with "" to what the group says.
func (w *World) BeginRefresh(in, name, version string) {
	g := w.GroupOf(in, name)
	r := refresh{id: fmt.Sprintf("refresh-%d", len(g.refreshes)+1), status: "InProgress"}
	if version != "" {
		r.template, r.version = g.Template, version
	}
	g.refreshes = append(slices.Clip(g.refreshes), r)
	w.SetGroup(in, name, g)
}

// Versions are the versions of a launch template, in order: number, image, instance type and role, devices.
func (w *World) Versions(in, name string) []string {
	var all []string
	for _, v := range w.regions[in].scaling.templates.rows[name].versions {
		all = append(all, fmt.Sprintf("%d %s", v.number, v.says()))
	}
	return all
}

// Describe writes the description of a template's newest version, by hand.
func (w *World) Describe(in, name, description string) {
	r := w.regions[in]
	s := r.scaling
	t := s.templates.rows[name]
	t.versions = slices.Clone(t.versions)
	t.versions[len(t.versions)-1].description = description
	s.templates = s.templates.with(name, t)
	r.setScaling(s)
}

// Configurations are the names of the launch configurations.
func (w *World) Configurations(in string) []string { return w.regions[in].scaling.configurations.ids() }
