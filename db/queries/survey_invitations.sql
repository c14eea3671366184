-- name: AddSurveyInvitation :execrows
insert into survey_invitations (id, survey, survey_version, contact_id, occasion, language, test, created_at, expires_at)
values (@id, @survey, @survey_version, @contact_id, @occasion, @language, @test, @created_at, @expires_at)
on conflict do nothing;

-- name: GetSurveyInvitation :one
select * from survey_invitations where id = @id;

-- name: LockSurveyInvitation :one
select * from survey_invitations where id = @id for no key update;

-- name: OpenSurveyInvitation :execrows
-- Only the first time counts, and only while the form is open.
update survey_invitations set opened_at = @now::timestamptz
where id = @id and opened_at is null and answered_at is null and expires_at > @now::timestamptz;

-- name: AnswerSurveyInvitation :exec
update survey_invitations set answered_at = @now::timestamptz, opened_at = coalesce(opened_at, @now::timestamptz) where id = @id;

-- name: CountSurveyInvitations :one
select count(*)::bigint as invited,
       count(opened_at)::bigint as opened,
       count(answered_at)::bigint as answered
from survey_invitations
where survey = @survey and not test and created_at >= @since and created_at < @until;
