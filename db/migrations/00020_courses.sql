-- +goose Up
-- One learner in one course. The rows say what stands; the run only waits and speaks.
create table enrolments (
    id          uuid primary key,
    course      text        not null, -- name of the definition
    contact_id  uuid        not null references contacts,
    channel     text        not null default '' check (channel in ('', 'email', 'sms')), -- empty: the one that the person prefers
    language    text        not null default '',
    source      text        not null, -- sms-keyword, api or the type of the event that began it
    occasion    text,                 -- the event that began it: one event enrols once
    state       text        not null default 'active' check (state in
                    ('active', 'paused', 'completed', 'left', 'unreachable', 'withdrawn', 'cancelled')),
    reason      text        not null default '',
    enrolled_at timestamptz not null,
    changed_at  timestamptz not null,
    answered_at timestamptz, -- when a further keyword was last answered
    next_lesson text        not null default '', -- what the run waits for, as it was worked out last
    next_at     timestamptz
);
-- Somebody is in a course once.
create unique index enrolments_once on enrolments (course, contact_id) where state in ('active', 'paused');
create unique index enrolments_occasion on enrolments (course, occasion);
create index enrolments_course on enrolments (course, enrolled_at desc, id desc);
create index enrolments_contact on enrolments (contact_id);

-- What a learner got, by the lesson's key, with the words that were said.
create table enrolment_lessons (
    id           uuid primary key,
    enrolment_id uuid        not null references enrolments,
    lesson       text        not null,
    state        text        not null check (state in ('due', 'given', 'skipped', 'missed')),
    reason       text        not null default '',
    message_id   uuid references messages,
    title        text        not null default '',
    words        text        not null default '',
    material     text        not null default '',
    at           timestamptz not null,
    unique (enrolment_id, lesson)
);

-- When somebody who wrote what nobody understands was last told which words there are.
create table course_helps (
    contact_id uuid primary key references contacts,
    at         timestamptz not null
);

-- +goose Down
drop table course_helps, enrolment_lessons, enrolments;
