-- name: ListTopicChoices :many
select * from topic_choices where contact_id = @contact_id order by topic;

-- name: ChooseTopic :execrows
-- No row when the person said the same before.
insert into topic_choices as t (contact_id, topic, wanted, source, at)
values (@contact_id, @topic, @wanted, @source, @at)
on conflict (contact_id, topic) do update set wanted = excluded.wanted, source = excluded.source, at = excluded.at
where t.wanted <> excluded.wanted;
