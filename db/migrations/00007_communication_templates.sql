-- +goose Up
create table communication_templates (
    name         text        not null,
    version      int         not null check (version > 0),
    state        text        not null check (state in ('draft', 'published', 'retired')),
    class        text        not null check (class in ('transactional', 'marketing')),
    purpose      text        not null default '', -- consent purpose that a marketing message needs
    topic        text        not null default '', -- what the person may opt out of
    definition   jsonb       not null, -- templates.Definition: words by language, declared variables
    author       text        not null,
    created_at   timestamptz not null,
    published_at timestamptz,
    primary key (name, version)
);
create unique index communication_templates_published on communication_templates (name) where state = 'published';

-- +goose Down
drop table communication_templates;
