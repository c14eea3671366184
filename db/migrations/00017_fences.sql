-- +goose Up

-- What a message speaks of may change while the message is on its way: an invoice is paid, an appointment moved. Every
-- change raises the version; a message leaves only while the version stands that it was decided on.
create table fences (
    kind    text   not null,
    id      uuid   not null,
    version bigint not null default 0,
    primary key (kind, id)
);

-- +goose Down
drop table fences;
