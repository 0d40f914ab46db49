from harness import Grace

BASELINE = "Windows baseline"


def actions(grace: Grace, policy: str) -> list[tuple[str, int, str | None]]:
    rows = grace.json(f"action list '{policy}'")
    return [(row["actionType"], row["gracePeriodHours"], row["templateName"]) for row in rows]


def test_an_action_is_added_and_the_others_stay(grace: Grace) -> None:
    before = actions(grace, BASELINE)
    grace.ok(f"action add '{BASELINE}' --email 'Final warning' --days 5 --yes")
    after = actions(grace, BASELINE)
    assert sorted(after, key=str) == sorted([*before, ("notification", 120, "Final warning")], key=str)
    assert [hours for _, hours, _ in after] == sorted(hours for _, hours, _ in after)


def test_many_policies_are_one_plan_with_a_row_for_each(grace: Grace) -> None:
    answer = grace.ok("action add 'Windows*' 'iOS*' --email 'First warning' --days 2 --yes -o json")
    names = {row["name"] for row in answer.json["results"]}
    assert names == {
        "Windows baseline",
        "Windows strict",
        "Windows baseline (unassigned)",
        "iOS baseline",
        "iOS pilot",
    }
    assert {row["state"] for row in answer.json["results"]} == {"done"}
    assert [entry["entry"] for entry in grace.json("journal list")] == ["1"]


def test_the_same_action_twice_is_nothing_to_do(grace: Grace) -> None:
    line = f"action add '{BASELINE}' --email 'Final warning' --days 5 --yes"
    grace.ok(line)
    again = grace.ok(line)
    assert again.stdout == ""
    assert "Nothing to do" in again.stderr
    assert len(grace.json("journal list")) == 1


def test_a_lock_on_windows_is_refused_with_the_platforms_that_have_it(grace: Grace) -> None:
    before = grace.content()
    answer = grace.run(f"action add '{BASELINE}' --lock --days 2 --yes")
    assert answer.code == 2
    assert "iOS/iPadOS" in answer.stderr
    assert grace.content() == before


def test_several_emails_at_different_times_are_normal(grace: Grace) -> None:
    for days in (10, 11, 12):
        grace.ok(f"action add 'macOS baseline' --email 'Final warning' --days {days} --yes")
    waits = [hours for kind, hours, name in actions(grace, "macOS baseline") if name == "Final warning"]
    assert {240, 264, 288} <= set(waits)


def test_recipients_are_groups_by_name(grace: Grace) -> None:
    grace.ok(
        "action add 'macOS baseline' --email 'Final warning' --cc 'Help desk' --cc 'IT leads' --after 8d --yes"
    )
    row = next(row for row in grace.json("action list 'macOS baseline'") if row["gracePeriodHours"] == 192)
    assert sorted(row["ccGroups"]) == ["Help desk", "IT leads"]


def test_a_group_without_mail_is_warned_about(grace: Grace) -> None:
    answer = grace.ok("action add 'macOS baseline' --email 'Final warning' --cc Finance --days 9 --what-if")
    assert "cc-without-mail" in answer.stderr


def test_hours_that_the_portal_cannot_show_are_warned_about(grace: Grace) -> None:
    answer = grace.ok("action add 'macOS baseline' --email 'Final warning' --hours 8 --what-if -o json")
    codes = [finding["code"] for finding in answer.json["findings"]]
    assert "portal-step" in codes


def test_the_linux_policy_of_the_settings_catalog_gets_its_schedule_too(grace: Grace) -> None:
    grace.ok("action add 'Linux baseline' --email 'Final warning' --days 6 --yes")
    assert ("notification", 144, "Final warning") in actions(grace, "Linux baseline")
    assert any(url.endswith("/setScheduledActions") for _, url in grace.sent)


def test_objects_flow_from_list_to_add(grace: Grace) -> None:
    listed = grace.ok("policy list 'iOS*' -o jsonl").stdout
    answer = grace.ok("action add - --email 'Final warning' --days 4 --yes -o json", stdin=listed)
    assert {row["name"] for row in answer.json["results"]} == {"iOS baseline", "iOS pilot"}


def test_an_action_with_retire_is_high_risk(grace: Grace) -> None:
    line = "action add 'macOS baseline' --retire --days 60"
    refused = grace.run(f"{line} --yes")
    assert (refused.code, '--force "macOS baseline"' in refused.stderr) == (2, True)
    assert "an admin must confirm" in refused.stderr
    grace.ok([*["action", "add"], "macOS baseline", "--retire", "--days", "60", "--force", "macOS baseline"])


def test_the_documented_writer_posts_one_item(grace: Grace) -> None:
    grace.ok("lab rules --set actions-api=documented")
    grace.ok("tenant use lab --actions-api item")
    grace.ok(f"action add '{BASELINE}' --email 'Final warning' --days 5 --yes")
    posted = [url for method, url in grace.sent if method == "POST"]
    assert posted
    assert all(url.endswith("/scheduledActionConfigurations") for url in posted)
    assert ("notification", 120, "Final warning") in actions(grace, BASELINE)
