"""``troth publish`` and ``troth staff``."""

from __future__ import annotations

import argparse
import json
import sys

import msgspec
from django.conf import settings
from django.db import transaction

from troth.parties import days, editions, tenancy
from troth.parties import staff as people_at_work
from troth.policy import former
from troth.policy.changes import compare
from troth.policy.counting import counted
from troth.policy.problems import Trouble, visible


def publish_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="the policy file, or its folder")
    parser.add_argument("--client", required=True, help="whose policy it is")
    parser.add_argument("--new", action="store_true", help="add the client first")
    parser.add_argument("--host", default="", help="with --new: the client's own host name")
    parser.add_argument("--replaces", metavar="HASH", help="mark of the edition this one replaces (see --preview)")
    parser.add_argument(
        "--by",
        default="",
        metavar="STAFF",
        help="who publishes it: their email address; left out: whoever has a shell here",
    )
    parser.add_argument("--preview", action="store_true", help="show what would widen and narrow; publish nothing")


def publish(args: argparse.Namespace) -> int:
    try:
        return _preview(args) if args.preview else _publish(args)
    except editions.BadPolicy as bad:
        return _show_bad(bad, args.json)


def _publish(args: argparse.Namespace) -> int:
    by = people_at_work.ref_of(args.by, args.client, "publish") if args.by else "machine"
    with transaction.atomic():  # what is not published leaves no new, empty client behind
        if args.new and args.client not in tenancy.slugs():
            tenancy.add(args.client, args.host)
        done = editions.publish(args.client, args.file, replaces=args.replaces, by=by)
    if args.json:
        print(json.dumps({"command": "publish", "ok": True, "published": msgspec.to_builtins(done)}))
    elif done.changed:
        print(f"{done.client}: edition {done.number} is in force ({done.mark[: editions.SHOWN]}).")
    else:
        print(f"{done.client}: edition {done.number} is in force already. Nothing changed.")
    return 0


def _preview(args: argparse.Namespace) -> int:
    new = editions.compiled(args.file).plan
    assert new is not None
    known = args.client in tenancy.slugs()
    old = editions.in_force(args.client) if known and editions.all_of(args.client) else None
    if old and (left := [*editions.left_behind(args.client, new), *editions.renamed_amiss(old.plan, new)]):
        raise editions.BadPolicy(left)
    changes = compare(old.plan, new) if old else []
    scripts = editions.served_otherwise(args.client) if old else []
    renamed = former.renamed(old.plan, new) if old else {}
    if args.json:
        data = {
            "renamed": renamed,
            "replaces": old.mark if old else None,
            "changes": msgspec.to_builtins(changes),
            "scripts": scripts,
        }
        print(json.dumps({"command": "publish", "ok": True} | data))
        return 0
    many = counted(len(changes), "change[s]")
    print(f"{args.client}: {many if old else 'the first edition'}")
    for change in changes:
        print(visible(f"  {change.kind:<8} {change.path}: {change.sentence}"))
    for was, now in renamed.items():
        print(visible(f"  renamed  {was} is {now} now: what stands of it stays, and the yes to it."))
    for script in scripts:
        print(f"  changed  {script}: another one is served than when the edition in force was published.")
    if old:
        print(f"To publish: troth publish {args.file} --client {args.client} --replaces {old.mark}")
    return 0


def _show_bad(bad: editions.BadPolicy, as_json: bool) -> int:
    if as_json:
        data = {"trouble": bad.as_data(), "problems": msgspec.to_builtins(bad.problems)}
        print(json.dumps({"command": "publish", "ok": False} | data))
        return bad.exit
    for problem in bad.problems:
        where = f"  {visible(problem.file)}:{problem.line}:{problem.column}" if problem.line else ""
        print(f"{problem.severity} {problem.code}{where}", file=sys.stderr)
        print(visible(f"  {problem.sentence}\n  {problem.help}"), file=sys.stderr)
    print(f"troth: {bad.sentence}", file=sys.stderr)
    return bad.exit


def staff_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="add somebody, or give them one more role")
    add.add_argument("email", help="the address by which they sign in")
    add.add_argument("--client", required=True, action="append", help="may be given more than once")
    add.add_argument("--role", required=True, help="a role of the policy's staff")
    gone = actions.add_parser("remove", help="take somebody's roles back, at once")
    gone.add_argument("email", help="the address by which they sign in")
    gone.add_argument("--client", default="", help="at this client only")
    gone.add_argument("--role", default="", help="this role only")
    every = actions.add_parser("list", help="who may act for a client, and in which role")
    every.add_argument("--client", default="", help="of this client only")
    code = actions.add_parser("code", help="the demonstration's present second-factor code")
    code.add_argument("--demo", action="store_true", required=True, help="there is no code of anything else to show")
    for action in (add, gone, every, code):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def staff(args: argparse.Namespace) -> int:
    return {"add": _add, "remove": _remove, "list": _list, "code": _code}[args.action](args)


def _add(args: argparse.Namespace) -> int:
    token = ""
    with transaction.atomic():  # all of the clients, or none
        for client in args.client:
            token = people_at_work.add(args.email, client, _role(client, args.role))
    address = f"{settings.DESK_ORIGIN}/desk/enter/{token}/"
    if args.json:
        print(json.dumps({"command": "staff", "ok": True, "links": [address]}))
    else:
        print(f"Sign in once within 30 minutes: {address}")
    return 0


def _remove(args: argparse.Namespace) -> int:
    if args.client:
        tenancy.client(args.client)
    ended = people_at_work.remove(args.email, args.client, args.role)
    if args.json:
        print(json.dumps({"command": "staff", "ok": True, "ended": ended}))
    else:
        print(counted(ended, "role[s] ended, and the sessions with [it|them]."))
    return 0


def _list(args: argparse.Namespace) -> int:
    if args.client:
        tenancy.client(args.client)
    found = people_at_work.standing(args.client)
    if args.json:
        every = [one._asdict() | {"since": days.of(one.client, one.since).isoformat()} for one in found]
        print(json.dumps({"command": "staff", "ok": True, "staff": every}))
        return 0
    for one in found:
        opens = "" if set(one.may) == people_at_work.ALL else f", opens {', '.join(one.may) or 'nothing'}"
        print(f"{one.client}: {one.email}, {one.role}, since {days.of(one.client, one.since).isoformat()}{opens}")
    if not found:
        print("Nobody has a role. Give one: troth staff add EMAIL --client C --role R.")
    return 0


def _role(client: str, role: str) -> str:
    """A role that the client's policy declares, or ``Trouble`` *no-role*: any other would open nothing, unseen."""
    known = editions.in_force(client).plan.staff
    if role not in known:
        said = f"Its roles: {', '.join(known)}." if known else "Declare one under `staff` and publish."
        raise Trouble("no-role", f"The policy of “{client}” has no staff called “{role}”.", said, where=client)
    return role


def _code(args: argparse.Namespace) -> int:
    if not settings.DEMO:
        raise Trouble("demo-only", "Codes are shown for the demonstration only.", "Read the code from your own device.")
    from troth.parties import factor

    code = factor.present_code(people_at_work.newest())
    if args.json:
        print(json.dumps({"command": "staff", "ok": True, "codes": [code]}))
    else:
        print(code)
    return 0
