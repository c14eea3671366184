-- +goose Up

-- Events that can never be delivered as they are: set aside with their reason, until somebody has them tried again or drops them.
alter table events drop constraint events_state_check;
alter table events add constraint events_state_check
    check (state in ('pending', 'delivered', 'ignored', 'set-aside', 'dropped')) not valid;
alter table events validate constraint events_state_check;
create index events_set_aside on events (seq) where state = 'set-aside';

-- +goose Down
drop index events_set_aside;
update events set state = 'pending' where state = 'set-aside';
update events set state = 'ignored' where state = 'dropped';
alter table events drop constraint events_state_check;
alter table events add constraint events_state_check check (state in ('pending', 'delivered', 'ignored'));
