"""Every message there is: its name and its words in Chinese and English."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One language's words; `{…}` are facts the fan-out provides."""

    title: str
    body: str
    sms: str


@dataclass(frozen=True)
class Both:
    """The same message in both languages."""

    zh: Text
    en: Text


TEXTS: dict[str, Both] = {
    "candidate_scheduled": Both(
        Text(
            "您有一场AI面试：{position}",
            "{candidate}，您好！\n\n{company}邀请您参加「{position}」岗位的AI面试。\n时间：{when}\n\n"
            "面试链接与详情请在自助页面查看：\n{link}\n\n如不能参加，可在同一页面取消或查看规则。",
            "【{company}】您有一场「{position}」AI面试，时间：{when}。详情与取消：{link}",
        ),
        Text(
            "Your AI interview for {position}",
            "Hello {candidate},\n\n{company} invites you to an AI interview for {position}.\nTime: {when}\n\n"
            "You find the interview link and all details here:\n{link}\n\n"
            "If you can't make it, the same page lets you cancel and shows the rules.",
            "[{company}] AI interview for {position}: {when}. Details and cancelling: {link}",
        ),
    ),
    "candidate_rebooked": Both(
        Text(
            "已为您重新安排AI面试：{position}",
            "{candidate}，您好！\n\n此前取消的「{position}」AI面试已重新安排，请以本通知为准。\n时间：{when}\n\n"
            "新的面试链接与详情请在自助页面查看：\n{link}\n\n如不能参加，可在同一页面取消或查看规则。",
            "【{company}】此前取消的「{position}」AI面试已重新安排，时间：{when}。以本通知为准，详情与取消：{link}",
        ),
        Text(
            "A new date for your AI interview: {position}",
            "Hello {candidate},\n\nYour AI interview for {position}, which had been cancelled, has a new date. This message "
            "is the one that counts.\nTime: {when}\n\nYou find the new interview link and all details here:\n{link}\n\n"
            "If you can't make it, the same page lets you cancel and shows the rules.",
            "[{company}] Your cancelled AI interview for {position} has a new date: {when}. Details and cancelling: {link}",
        ),
    ),
    "candidate_reminder": Both(
        Text(
            "面试提醒：{position}，还有{left}",
            "{candidate}，您好！\n\n距离您的「{position}」AI面试还有{left}。\n时间：{when}\n\n"
            "确认参加、改期或取消，请打开：\n{link}\n\n如需帮助请联系HR：{contact}",
            "【{company}】提醒：距离您的「{position}」AI面试还有{left}，时间：{when}。确认、改期或取消：{link}",
        ),
        Text(
            "{left} to go: your AI interview for {position}",
            "Hello {candidate},\n\n{left} to go until your AI interview for {position}.\nTime: {when}\n\n"
            "Say that you will come, ask for another time, or cancel:\n{link}\n\nHelp: {contact}",
            "[{company}] {left} to go: AI interview for {position}, {when}. Come, move or cancel: {link}",
        ),
    ),
    "candidate_rescheduled": Both(
        Text(
            "面试时间已变更：{position}",
            "{candidate}，您好！\n\n您的「{position}」AI面试时间已变更。\n原时间：{before}\n新时间：{when}\n\n"
            "详情请在自助页面查看：\n{link}",
            "【{company}】您的「{position}」AI面试已改到{when}。详情：{link}",
        ),
        Text(
            "New time for your interview: {position}",
            "Hello {candidate},\n\nYour AI interview for {position} has been moved.\nWas: {before}\nNow: {when}\n\n"
            "Details:\n{link}",
            "[{company}] Your AI interview for {position} has moved to {when}. Details: {link}",
        ),
    ),
    "candidate_asked": Both(
        Text(
            "取消请求已收到",
            "您的AI面试取消请求已收到，我们将在15分钟内处理。\n岗位：{position}\n面试时间：{when}",
            "【{company}】您的AI面试取消请求已收到，我们将在15分钟内处理。岗位：{position}，{when}。",
        ),
        Text(
            "We have your request to cancel",
            "We have received your request to cancel your AI interview and will deal with it within 15 minutes.\n"
            "Position: {position}\nInterview: {when}",
            "[{company}] We have received your request to cancel your AI interview and will deal with it within "
            "15 minutes.",
        ),
    ),
    "candidate_in_review": Both(
        Text(
            "取消请求已收到，正在由HR审核",
            "您的AI面试取消请求已收到，我们将在15分钟内处理。\n岗位：{position}\n面试时间：{when}\n\n"
            "该请求需HR审核；若未通过，请按时参加面试。",
            "【{company}】您的AI面试取消请求已收到，我们将在15分钟内处理。需HR审核，若未通过请按时参加。岗位：{position}，{when}。",
        ),
        Text(
            "We have your request; HR is reviewing it",
            "We have received your request to cancel your AI interview and will deal with it within 15 minutes.\n"
            "Position: {position}\nInterview: {when}\n\n"
            "HR reviews it first. If it isn't approved, please attend as planned.",
            "[{company}] We have received your request to cancel and will deal with it within 15 minutes. HR reviews "
            "it; if it isn't approved, please attend as planned.",
        ),
    ),
    "candidate_cancelled": Both(
        Text(
            "您的AI面试已成功取消",
            "{candidate}，您好！\n\n您的AI面试已成功取消，如需重新安排，请联系HR。\n岗位：{position}\n原时间：{when}\n"
            "{link_note}\n联系方式：{contact}{pool_note}",
            "【{company}】您的AI面试已成功取消，如需重新安排，请联系HR（{contact}）。岗位：{position}，{when}。{link_note}",
        ),
        Text(
            "Your AI interview is cancelled",
            "Hello {candidate},\n\nYour AI interview is cancelled. If you would like a new date, please contact HR.\n"
            "Position: {position}\nIt was: {when}\n{link_note}\nContact: {contact}{pool_note}",
            "[{company}] Your AI interview is cancelled. For a new date please contact HR ({contact}).",
        ),
    ),
    "candidate_cancelled_by_company": Both(
        Text(
            "您的AI面试已取消",
            "{candidate}，您好！\n\n很抱歉，{company}取消了您的「{position}」AI面试。\n原时间：{when}\n原因：{reason}\n"
            "{link_note}\n如需重新安排，请联系HR：{contact}{pool_note}",
            "【{company}】很抱歉，您的「{position}」AI面试已由我司取消。如需重新安排，请联系HR（{contact}）。",
        ),
        Text(
            "Your AI interview has been cancelled",
            "Hello {candidate},\n\nWe are sorry: {company} has cancelled your AI interview for {position}.\n"
            "It was: {when}\nReason: {reason}\n{link_note}\nFor a new date please contact HR: {contact}{pool_note}",
            "[{company}] We are sorry: your AI interview for {position} has been cancelled by us. For a new date please "
            "contact HR ({contact}).",
        ),
    ),
    "candidate_rejected": Both(
        Text(
            "取消请求未通过，请按时参加面试",
            "{candidate}，您好！\n\n您的取消请求未通过，请按时参加面试。\n岗位：{position}\n时间：{when}\n说明：{decision}\n\n"
            "如有疑问请联系HR：{contact}",
            "【{company}】您的取消请求未通过，请按时参加「{position}」AI面试，时间：{when}。如有疑问请联系{contact}。",
        ),
        Text(
            "Your request wasn't approved; please attend",
            "Hello {candidate},\n\nYour request to cancel wasn't approved. Please attend as planned.\n"
            "Position: {position}\nTime: {when}\nNote: {decision}\n\nQuestions? {contact}",
            "[{company}] Your request to cancel wasn't approved. Please attend the AI interview for {position}, {when}. "
            "Questions: {contact}",
        ),
    ),
    "candidate_submitted": Both(
        Text(
            "面试已提交，取消请求已关闭",
            "{candidate}，您好！\n\n您的「{position}」AI面试已经提交，取消请求不再处理，您的作答会正常进入评估。\n"
            "如需撤回投递，请联系HR：{contact}",
            "【{company}】您的「{position}」AI面试已提交，取消请求已关闭，作答将正常评估。如需帮助请联系{contact}。",
        ),
        Text(
            "Interview handed in; the request to cancel is closed",
            "Hello {candidate},\n\nYour AI interview for {position} has been handed in, so the request to cancel is "
            "closed and your answers will be assessed.\nTo withdraw your application please contact HR: {contact}",
            "[{company}] Your AI interview for {position} has been handed in; the request to cancel is closed. "
            "Help: {contact}",
        ),
    ),
    "candidate_withdrawn": Both(
        Text(
            "您已撤回取消请求",
            "您已撤回取消请求，面试照常进行。\n岗位：{position}\n时间：{when}",
            "【{company}】您已撤回取消请求，「{position}」AI面试照常进行：{when}。",
        ),
        Text(
            "You took your request back",
            "You took your request to cancel back; the interview stands.\nPosition: {position}\nTime: {when}",
            "[{company}] You took your request back; the AI interview for {position} stands: {when}.",
        ),
    ),
    "candidate_copy_ready": Both(
        Text(
            "您的个人信息副本可以下载了",
            "您好！\n\n{company}已同意您索取个人信息副本的请求。请在30天内登录下载：\n{link}\n\n如有疑问请联系HR：{contact}",
            "【{company}】您索取个人信息副本的请求已获同意，请在30天内登录下载：{link}",
        ),
        Text(
            "The copy of your data is ready",
            "Hello,\n\n{company} has agreed to give you a copy of your personal data. Please sign in and download it within "
            "30 days:\n{link}\n\nQuestions? {contact}",
            "[{company}] The copy of your personal data is ready. Sign in and download it within 30 days: {link}",
        ),
    ),
    "candidate_data_declined": Both(
        Text(
            "您关于个人信息的请求已有答复",
            "您好！\n\n{company}未同意您关于个人信息的请求，原因请登录查看：\n{link}\n\n"
            "如有异议，请联系HR：{contact}；您也可以向个人信息保护主管部门投诉。",
            "【{company}】您关于个人信息的请求未获同意，原因请登录查看：{link}",
        ),
        Text(
            "Your request about your data has been answered",
            "Hello,\n\n{company} hasn't agreed to your request about your personal data. Please sign in to read why:\n{link}\n\n"
            "If you disagree, contact HR: {contact}. You may also complain to the data protection authority.",
            "[{company}] Your request about your personal data wasn't agreed to. Sign in to read why: {link}",
        ),
    ),
    "candidate_erasing": Both(
        Text(
            "您的个人信息即将删除",
            "您好！\n\n{company}已同意删除您的个人信息。本消息发出后即行删除，此后您无法再登录，我们也不再有您的联系方式；"
            "发生过的面试只会不记名地保留。\n\n如有疑问请联系HR：{contact}",
            "【{company}】已同意删除您的个人信息，本消息发出后即行删除，您将无法再登录。",
        ),
        Text(
            "Your personal data is being erased",
            "Hello,\n\n{company} has agreed to erase your personal data. It is erased as soon as this message has gone out: "
            "you can't sign in any more, and we no longer know how to reach you. Interviews that took place are kept without "
            "your name.\n\nQuestions? {contact}",
            "[{company}] Your personal data is erased as soon as this message has gone out; you can't sign in any more.",
        ),
    ),
    "candidate_erasure_put_off": Both(
        Text(
            "您的个人信息尚未删除",
            "您好！\n\n我们此前告知您，您的个人信息即将删除。但在删除之前出现了必须先处理的情况，因此{company}尚未删除您的个人信息，"
            "您仍可登录。HR将重新作出决定，届时会再次告知您。\n\n原因请登录查看：\n{link}\n\n如有疑问请联系HR：{contact}",
            "【{company}】更正：您的个人信息尚未删除，HR将重新决定并再次告知您。原因请登录查看：{link}",
        ),
        Text(
            "Your personal data has not been erased",
            "Hello,\n\nwe told you that your personal data was about to be erased. Before it was, something came up that has "
            "to be settled first, so {company} has not erased it, and you can still sign in. HR decides anew, and you will "
            "hear from us again.\n\nPlease sign in to read why:\n{link}\n\nQuestions? {contact}",
            "[{company}] Correction: your personal data has not been erased. HR decides anew and will tell you. Sign in to "
            "read why: {link}",
        ),
    ),
    "staff_scheduled": Both(
        Text(
            "已安排面试：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n时间：{when}\n\n{link}",
            "【Raincheck】已安排面试：{candidate}，{position}，{when}",
        ),
        Text(
            "Interview scheduled: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nTime: {when}\n\n{link}",
            "[Raincheck] Interview scheduled: {candidate}, {position}, {when}",
        ),
    ),
    "staff_rebooked": Both(
        Text(
            "已重新安排面试：{candidate} · {position}",
            "此前取消的面试已重新安排，请以本通知为准。\n候选人：{candidate}\n岗位：{position}\n时间：{when}\n\n{link}",
            "【Raincheck】已重新安排面试：{candidate}，{position}，{when}",
        ),
        Text(
            "Booked anew: {candidate}, {position}",
            "An interview that had been cancelled has a new date; this message is the one that counts.\n"
            "Candidate: {candidate}\nPosition: {position}\nTime: {when}\n\n{link}",
            "[Raincheck] Booked anew: {candidate}, {position}, {when}",
        ),
    ),
    "staff_reminder": Both(
        Text(
            "面试提醒：{candidate} · {position}，还有{left}",
            "距离面试还有{left}。\n候选人：{candidate}\n岗位：{position}\n时间：{when}\n\n{link}",
            "【Raincheck】面试提醒：{candidate}，{position}，{when}",
        ),
        Text(
            "{left} to go: {candidate}, {position}",
            "{left} to go.\nCandidate: {candidate}\nPosition: {position}\nTime: {when}\n\n{link}",
            "[Raincheck] {left} to go: {candidate}, {position}, {when}",
        ),
    ),
    "staff_digest_cancelled": Both(
        Text(
            "{position}：{count}场面试已取消",
            "「{position}」岗位的{count}场AI面试已取消。\n发起方：{initiator}\n原因：{reason}\n\n{list}\n\n{link}",
            "【Raincheck】「{position}」岗位的{count}场AI面试已取消",
        ),
        Text(
            "{position}: {count} interviews cancelled",
            "{count} AI interviews for {position} have been cancelled.\nCancelled by: {initiator}\nReason: {reason}\n\n"
            "{list}\n\n{link}",
            "[Raincheck] {position}: {count} interviews cancelled",
        ),
    ),
    "staff_rescheduled": Both(
        Text(
            "面试改期：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n原时间：{before}\n新时间：{when}\n\n{link}",
            "【Raincheck】面试改期：{candidate}，{position}，新时间{when}",
        ),
        Text(
            "Interview moved: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nWas: {before}\nNow: {when}\n\n{link}",
            "[Raincheck] Interview moved: {candidate}, {position}, now {when}",
        ),
    ),
    "candidate_begun": Both(
        Text(
            "面试已开始，取消请求转由HR审核",
            "您请求取消的AI面试已经开始，需由HR审核后才能取消。\n岗位：{position}\n面试时间：{when}\n\n"
            "我们将在{due}前处理；若未通过，请完成面试。",
            "【{company}】您请求取消的AI面试已经开始，需HR审核，我们将在{due}前处理；若未通过请完成面试。岗位：{position}。",
        ),
        Text(
            "Your interview has begun; HR is reviewing your request",
            "The AI interview you asked to cancel has begun, so HR reviews your request first.\n"
            "Position: {position}\nInterview: {when}\n\n"
            "We will deal with it by {due}. If it isn't approved, please finish the interview.",
            "[{company}] The interview you asked to cancel has begun, so HR reviews it by {due}. If it isn't "
            "approved, please finish it. Position: {position}.",
        ),
    ),
    "staff_begun": Both(
        Text(
            "待审核：{candidate}的面试已开始",
            "{candidate}的「{position}」AI面试（{when}）正要取消时，发现候选人已开始作答，须由人审核。\n原因：{reason}\n"
            "请在{due}前审核；逾期不会自动取消。\n\n{link}",
            "【Raincheck】待审核：{candidate}的{position}面试已开始，取消须由人审核，请在{due}前处理",
        ),
        Text(
            "To review: {candidate}'s interview has begun",
            "The AI interview of {candidate} for {position} ({when}) was about to be cancelled when it turned out to "
            "have begun.\nReason: {reason}\nPlease decide by {due}; silence won't cancel it.\n\n{link}",
            "[Raincheck] To review by {due}: {candidate}'s interview for {position} has begun; cancelling it needs "
            "a person",
        ),
    ),
    "staff_review_needed": Both(
        Text(
            "待审核：{candidate}申请取消面试",
            "{candidate}申请取消「{position}」AI面试（{when}）。\n原因：{reason}\n请在{due}前审核；逾期将按规则处理。\n\n{link}",
            "【Raincheck】待审核：{candidate}申请取消{position}面试，请在{due}前处理",
        ),
        Text(
            "To review: {candidate} asks to cancel",
            "{candidate} asks to cancel the AI interview for {position} ({when}).\nReason: {reason}\n"
            "Please decide by {due}; after that the rule decides.\n\n{link}",
            "[Raincheck] To review by {due}: {candidate} asks to cancel the interview for {position}",
        ),
    ),
    "staff_escalated": Both(
        Text(
            "审核超时已升级：{candidate} · {position}",
            "{candidate}取消「{position}」AI面试（{when}）的申请尚未审核。\n请在{due}前处理，否则将按规则自动决定。\n\n{link}",
            "【Raincheck】审核超时：{candidate}，{position}，请在{due}前处理",
        ),
        Text(
            "Review overdue: {candidate}, {position}",
            "The request of {candidate} to cancel the AI interview for {position} ({when}) hasn't been reviewed.\n"
            "Please decide by {due}, or the rule decides.\n\n{link}",
            "[Raincheck] Review overdue: {candidate}, {position}; please decide by {due}",
        ),
    ),
    "staff_cancelled": Both(
        Text(
            "面试已取消：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n原时间：{when}\n发起方：{initiator}\n原因：{reason}\n\n"
            "日历中的该日程已一并取消。\n{link}",
            "【Raincheck】面试已取消：{candidate}，{position}，原时间{when}",
        ),
        Text(
            "Interview cancelled: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nIt was: {when}\nCancelled by: {initiator}\nReason: {reason}\n\n"
            "The calendar entry is cancelled too.\n{link}",
            "[Raincheck] Interview cancelled: {candidate}, {position}, was {when}",
        ),
    ),
    "department_cancelled": Both(
        Text(
            "面试已取消：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n原时间：{when}\n发起方：{initiator}\n原因：{reason}\n\n{link}",
            "【Raincheck】面试已取消：{candidate}，{position}，原时间{when}",
        ),
        Text(
            "Interview cancelled: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nIt was: {when}\nCancelled by: {initiator}\nReason: {reason}\n\n{link}",
            "[Raincheck] Interview cancelled: {candidate}, {position}, was {when}",
        ),
    ),
    "department_stands": Both(
        Text(
            "面试照常：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n时间：{when}\n取消没有生效，面试照常。\n\n{link}",
            "【Raincheck】面试照常：{candidate}，{position}，{when}",
        ),
        Text(
            "The interview stands: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nTime: {when}\nIt was not cancelled.\n\n{link}",
            "[Raincheck] The interview stands: {candidate}, {position}, {when}",
        ),
    ),
    "hr_cancelled": Both(
        Text(
            "面试已取消，请跟进：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n原时间：{when}\n发起方：{initiator}\n原因：{reason}\n\n"
            "后续：可重新安排面试，或保留在人才库。\n{link}",
            "【Raincheck】面试已取消，请跟进：{candidate}，{position}",
        ),
        Text(
            "Cancelled, please follow up: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nIt was: {when}\nCancelled by: {initiator}\nReason: {reason}\n\n"
            "Next: book a new interview, or keep the candidate in the talent pool.\n{link}",
            "[Raincheck] Cancelled, please follow up: {candidate}, {position}",
        ),
    ),
    "staff_rejected": Both(
        Text(
            "取消申请已驳回，面试照常：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n时间：{when}\n说明：{decision}\n\n{link}",
            "【Raincheck】取消申请已驳回，面试照常：{candidate}，{position}，{when}",
        ),
        Text(
            "Request rejected, the interview stands: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nTime: {when}\nNote: {decision}\n\n{link}",
            "[Raincheck] Request rejected, the interview stands: {candidate}, {position}, {when}",
        ),
    ),
    "staff_withdrawn": Both(
        Text(
            "候选人已撤回取消申请：{candidate} · {position}",
            "候选人：{candidate}\n岗位：{position}\n时间：{when}\n面试照常进行。\n\n{link}",
            "【Raincheck】候选人已撤回取消申请：{candidate}，{position}",
        ),
        Text(
            "Request taken back: {candidate}, {position}",
            "Candidate: {candidate}\nPosition: {position}\nTime: {when}\nThe interview stands.\n\n{link}",
            "[Raincheck] Request taken back: {candidate}, {position}",
        ),
    ),
    "staff_handed_over": Both(
        Text(
            "{colleague}的工作已交接给您",
            "{colleague}已离职，以下由您接手。\n将要参加的面试：{count}场\n负责的岗位：{positions}个\n未完成的待办：{tasks}项\n\n"
            "面试的时间和候选人请在控制台查看，也可在“日历”页订阅：\n{link}",
            "【Raincheck】{colleague}已离职，{count}场面试由您接手",
        ),
        Text(
            "You take over from {colleague}",
            "{colleague} has left, and this is yours now.\nInterviews ahead: {count}\nPositions: {positions}\n"
            "Open tasks: {tasks}\n\nThe console has the times and the candidates, and a calendar to subscribe to:\n{link}",
            "[Raincheck] {colleague} has left; interviews you take over: {count}",
        ),
    ),
    "staff_task": Both(
        Text(
            "新待办：{task}", "有一项待办需要处理：{task}\n{about}\n\n{link}", "【Raincheck】新待办：{task}"
        ),
        Text(
            "New task: {task}", "A task needs you: {task}\n{about}\n\n{link}", "[Raincheck] New task: {task}"
        ),
    ),
}


def default_text(template: str, language: str) -> Text:
    """Return the product's own words. Raises KeyError for a template there isn't."""
    both = TEXTS[template]
    return both.zh if language.startswith("zh") else both.en


#: What goes to the phone at sign-in; it is sent at once and kept nowhere.
SIGN_IN_CODE = {
    "zh-hans": "【{company}】您的登录验证码是{code}，5分钟内有效。请勿告知他人。",
    "en": "[{company}] Your sign-in code is {code}, valid for 5 minutes. Don't share it.",
}

#: About staff's own sign-in, as (subject, body); each is sent at once and kept nowhere.
INVITATION = {
    "zh-hans": (
        "{company}邀请您加入 Raincheck",
        "{company}邀请您加入面试取消管理平台，角色：{role}。\n\n请在7天内打开链接，设置密码：\n{link}\n\n如果您不认识这家企业，请忽略本邮件。",
    ),
    "en": (
        "{company} invites you to Raincheck",
        "{company} invites you to Raincheck, as: {role}.\n\nOpen this link within 7 days and choose a password:\n{link}\n\nIf you don't know this company, ignore this mail.",
    ),
}
PASSWORD_RESET = {
    "zh-hans": (
        "重设您的 Raincheck 密码",
        "{name}，您好：\n\n请在1小时内打开链接，设置新密码：\n{link}\n\n如果不是您本人操作，请忽略本邮件，原密码不变。",
    ),
    "en": (
        "Reset your Raincheck password",
        "Hello {name},\n\nOpen this link within an hour and choose a new password:\n{link}\n\nIf you didn't ask for it, ignore this mail: nothing has changed.",
    ),
}
