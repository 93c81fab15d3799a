"""What channels and carriers say went wrong, in Chinese.

A channel raises in English, and that is what a delivery keeps. Whoever reads it on a page reads it in their own
language; a carrier's own code stays as it is.
"""

from raincheck.core.sayings import Sayings

#: English, as it is raised, with {} for whatever differs each time.
CHINESE = {
    "no SMS gateway is set (RAINCHECK_SMS_URL)": "尚未设置短信网关（RAINCHECK_SMS_URL）",
    "no key for web push is set (RAINCHECK_VAPID_PRIVATE_KEY)": (
        "尚未设置浏览器推送的密钥（RAINCHECK_VAPID_PRIVATE_KEY）"
    ),
    "no template is registered for {} {}": "尚未登记短信模板：{}（{}）",
    "words missing": "缺少这条通知的文字",
    # addresses
    "web push: address may not be called": "浏览器推送：该地址不允许访问",
    "web push: not a subscription": "浏览器推送：不是有效的订阅",
    "chat: not a robot's address": "聊天工具：不是机器人的地址",
    "chat: address may not be called": "聊天工具：该地址不允许访问",
    # variables of a registered template
    "{}: nothing to say for {}": "{}：没有可填的内容（{}）",
    "{}: {} characters, at most {}": "{}：{}个字符，最多{}个",
    "{}: not digits": "{}：不是数字",
    "{}: not a link": "{}：不是链接",
    "{}: a link in a variable that isn't one": "{}：该变量不能含链接",
    # tried again
    "mail server unreachable ({})": "邮件服务器连接不上（{}）",
    "gateway unreachable ({})": "短信网关连接不上（{}）",
    "gateway answered {}": "短信网关答复{}",
    "SMTP {}": "邮件服务器答复{}",
    "jpush: an answer that isn't JPush's": "jpush：收到的不是极光的答复",
    "{}: unreachable ({})": "{}：连接不上（{}）",
    "{}: unreachable": "{}：连接不上",
    "{}: http {}": "{}：答复HTTP {}",
}

in_words = Sayings(CHINESE).in_words
